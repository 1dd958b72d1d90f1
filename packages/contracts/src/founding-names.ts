import type { AnyRoute } from './define.ts'
import { everyContract } from './every-contract.ts'
import { movedNames } from './moved.ts'
import { serviceNames, services, type ServiceName } from './services.ts'

/**
 * Every name that older texts give to something: those that do the same (`aliases` of a route) and
 * those that say where to ask (`movedNames`). For front doors, and for the page "Coming from …".
 */

export interface Alias { service: ServiceName, method: string, path: string, route: AnyRoute }

const isRoute = (value: unknown): value is AnyRoute =>
  typeof value === 'object' && value !== null && 'method' in value && 'aliases' in value

export const aliases: readonly Alias[] = serviceNames.flatMap(service =>
  Object.values(everyContract[service]).filter(isRoute).flatMap(route =>
    (route.aliases ?? []).map(path => ({ service, method: route.method, path, route }))))

export interface FoundingPrefix { path: string, service: ServiceName, is_exact: boolean }

/** What stands before the first part that varies. */
const fixedPartOf = (path: string) => path.replace(/\/(?:\{|\*).*$/, '')

const ownerOf = (path: string): ServiceName | undefined => serviceNames
  .flatMap(service =>
    services[service].prefixes.map(prefix => ({ service, prefix: prefix as string })))
  .filter(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))
  .sort((a, b) => b.prefix.length - a.prefix.length)[0]?.service

/**
 * Names that no prefix of their service leads to, as a front door needs them: exactly the name, or
 * all below it as well.
 */
export const foundingPrefixes: readonly FoundingPrefix[] =
  [...Map.groupBy([...aliases, ...movedNames], ({ path }) => fixedPartOf(path))]
    .flatMap(([path, names]) => {
      const { service } = names[0]!
      return ownerOf(path) === service ? []
        : [{ path, service, is_exact: names.every(name => name.path === path) }]
    })
