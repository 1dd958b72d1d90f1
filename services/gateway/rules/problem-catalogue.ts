import type { AnyRoute, ProblemDefinition } from '@fermata/contracts/define'
import { everyContract } from '@fermata/contracts/every-contract'
import * as platform from '@fermata/contracts/platform'
import * as problems from '@fermata/contracts/problems'

/** A problem as a person or a program that met it wants it explained. */
export interface ProblemEntry {
  type: string
  status: number
  title: string
  /** Members beside those of RFC 9457. */
  extensions: string[]
  /** The routes that declare it; none for those that any route may answer. */
  routes: string[]
}

const modules: object[] = [problems, platform, ...Object.values(everyContract)]
const exported = modules.flatMap(module => Object.values(module) as unknown[])

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isProblem = (value: unknown): value is ProblemDefinition => isObject(value) && 'type' in value &&
  'status' in value &&
  typeof value.type === 'string' && value.type.startsWith('/problems/')
const isRoute = (value: unknown): value is AnyRoute => isObject(value) && 'method' in value && 'path' in value

/** Every problem of the contracts, once, in the order of their types. */
export const problemCatalogue: readonly ProblemEntry[] = makeCatalogue()

function makeCatalogue (): ProblemEntry[] {
  const routes = exported.filter(isRoute).filter(route => route.access !== 'internal')
  const entries = new Map(exported.filter(isProblem).map(({ type, status, title, extensions }) =>
    [type, {
    type, status, title,
    extensions: Object.keys(extensions?.properties ?? {}),
    routes: routes.filter(route => route.problems.some(problem => problem.type === type))
      .map(route => `${route.method} ${route.path}`),
  }]))
  return [...entries.values()].sort((a, b) => a.type < b.type ? -1 : 1)
}

export const findProblem = (type: string) => problemCatalogue.find(entry => entry.type === type)
