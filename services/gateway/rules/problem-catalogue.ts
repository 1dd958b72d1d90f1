import * as auth from '@fermata/contracts/auth'
import * as backups from '@fermata/contracts/backups'
import type { AnyRoute, ProblemDefinition } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import * as expiration from '@fermata/contracts/expiration'
import * as notifications from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import * as platform from '@fermata/contracts/platform'
import * as problems from '@fermata/contracts/problems'
import * as tickets from '@fermata/contracts/tickets'
import * as users from '@fermata/contracts/users'

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

const modules: object[] = [
  problems, platform, auth, backups, events, expiration, notifications, orders, payments, tickets,
    users,
]
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
