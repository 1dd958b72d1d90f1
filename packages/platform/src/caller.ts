import type { Access, AnyRoute } from '@fermata/contracts/define'
import type { Role } from '@fermata/contracts/fields'
import { forbidden, unauthenticated } from '@fermata/contracts/problems'
import { Problem } from './problem.ts'
import type { Person } from './tokens.ts'

/** Who sends a request. */
export type Caller =
  | { kind: 'anonymous' }
  | { kind: 'user' } & Person
  | { kind: 'order', order_id: string }
  | { kind: 'service', service: string }

const rolesFor: Partial<Record<Access, Role[]>> = {
  organizer: ['event_creator', 'admin'],
  operator: ['operator', 'admin'],
  admin: ['admin'],
}

/**
 * Refuses a caller that a route's policy does not admit: 401 without a fitting token, 403 with too
 * low a role. A service is admitted where the route names it.
 */
export function admit (caller: Caller, { access, callers }: AnyRoute): void {
  if (access === 'public' && caller.kind !== 'service') return
  if (caller.kind === 'service' && (callers as string[] | undefined)?.includes(caller.service)) return
  if (access === 'owner' && (caller.kind === 'user' || caller.kind === 'order')) return
  if (access === 'internal' || caller.kind !== 'user') throw new Problem(unauthenticated)
  const roles = rolesFor[access]
  if (roles && !roles.some(role => caller.roles.includes(role))) {
    throw new Problem(forbidden, `This needs the role ${roles.join(' or ')}.`)
  }
}

/** The signed-in person; for operations whose route admits nobody else. */
export function personOf (caller: Caller): Person {
  if (caller.kind !== 'user') throw new Problem(unauthenticated)
  return caller
}

/** The signed-in person's id, or null for guests. */
export const userIdOf = (caller: Caller) => caller.kind === 'user' ? caller.user_id : null

export const hasRole = (caller: Caller, role: Role) =>
  caller.kind === 'user' && caller.roles.includes(role)
