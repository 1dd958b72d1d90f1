import { readdirSync } from 'node:fs'
import type { AnyRoute, ProblemDefinition } from '@fermata/contracts/define'
import * as platform from '@fermata/contracts/platform'
import {
  crossOrigin, forbidden, invalid, keyReused, malformed, methodNotAllowed, notFound, tooLarge,
  tooMany, unauthenticated, unavailable, unsupportedMediaType,
} from '@fermata/contracts/problems'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'

/** Every route that some contract declares, with the service that answers it. */

export interface ServedRoute { service: ServiceName, name: string, route: AnyRoute }

const isRoute = (value: unknown): value is AnyRoute =>
  typeof value === 'object' && value !== null && 'method' in value && 'path' in value &&
  'access' in value

export async function allRoutes (): Promise<ServedRoute[]> {
  const folder = new URL('../../../packages/contracts/src/', import.meta.url)
  const names = readdirSync(folder).flatMap(file => serviceNames.filter(name => file === `${name}.ts`))
  const found = await Promise.all(names.map(async service => {
    const contract = await import(`@fermata/contracts/${service}`) as Record<string, unknown>
    const own = Object.entries(contract).flatMap(([name, route]) => isRoute(route)
      ? [{ service, name, route }] : [])
    const common = Object.entries(platform).flatMap(([name, make]) => typeof make === 'function'
      ? [{ service, name, route: (make as (name: ServiceName) => AnyRoute)(service) }] : [])
    return [...own, ...common]
  }))
  return found.flat()
}

/** What the platform may answer before an operation is asked. */
const anywhere = [
  malformed, invalid, notFound, methodNotAllowed, tooLarge, unsupportedMediaType, unavailable,
  unauthenticated, crossOrigin,
]

/** The problems that a route may answer: its own, and those its shape implies. */
export function problemsOf (route: AnyRoute): Map<string, ProblemDefinition> {
  const all: ProblemDefinition[] = [...route.problems, ...anywhere]
  if (!['public', 'user', 'owner'].includes(route.access)) all.push(forbidden)
  if (route.idempotent) all.push(keyReused)
  if (route.rate_limit) all.push(tooMany)
  return new Map(all.map(problem => [problem.type, problem]))
}
