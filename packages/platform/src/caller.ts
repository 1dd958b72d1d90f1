import type { Access, AnyRoute } from '@fermata/contracts/define'
import type { Role } from '@fermata/contracts/fields'
import {
  forbidden, secondFactorMissing, stepUpNeeded, unauthenticated,
} from '@fermata/contracts/problems'
import { Problem } from './problem.ts'
import { access_token_seconds, type Person } from './tokens.ts'

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
 * How long a proof of who one is counts. As long as an access token lives: a program that signs in
 * and uses the token it got is never asked again, one that lives on refresh tokens is.
 */
export const confirmed_for_seconds = access_token_seconds

/** Where a caller proves again who they are; `confirm` in the contract of auth. */
const confirm_at = '/api/auth/confirm'

/**
 * Whom a route sees in a caller, or a refusal. What the policy says of roles comes first: nobody
 * is asked for a password only to hear that it would not have helped.
 * @param is_staff somebody works for an organiser without the role, which admits them as operators
 */
export function enter (caller: Caller, route: AnyRoute, is_staff = false): Caller {
  const seen = withoutPowers(caller, route)
  admit(seen, route, is_staff)
  if (route.step_up === true) requireConfirmed(seen)
  return seen
}

/** An administrator who must set up a second factor first is a guest wherever guests may be. */
function withoutPowers (caller: Caller, route: AnyRoute): Caller {
  if (caller.kind !== 'user' || !caller.must_enroll || route.while_enrolling) return caller
  if (route.access === 'public') return { kind: 'anonymous' }
  throw new Problem(secondFactorMissing)
}

/** Whether a person has proven within the last minutes who they are; true for whoever is none. */
export function isConfirmed (caller: Caller): boolean {
  const since_s = Date.now() / 1000 - confirmed_for_seconds
  return caller.kind !== 'user' || (caller.confirmed_at_s ?? 0) > since_s
}

/**
 * Refuses a person who has not proven within the last minutes who they are. For what a route
 * declares as `step_up`; services without a password to ask for do not ask for one.
 * @throws Problem `request/step-up-needed`
 */
export function requireConfirmed (caller: Caller): void {
  if (isConfirmed(caller)) return
  throw new Problem(stepUpNeeded, undefined, {
    extensions: { confirm_at },
    // As RFC 9470 tells OAuth clients of it.
    headers: { 'www-authenticate':
      `Bearer error="insufficient_user_authentication", max_age=${confirmed_for_seconds}` },
  })
}

/**
 * Refuses a caller that a route's policy does not admit: 401 without a fitting token, 403 with too
 * low a role. A service is admitted where the route names it.
 */
function admit (caller: Caller, { access, callers }: AnyRoute, is_staff: boolean): void {
  if (access === 'public' && caller.kind !== 'service') return
  if (caller.kind === 'service' && (callers as string[] | undefined)?.includes(caller.service)) return
  if (access === 'owner' && (caller.kind === 'user' || caller.kind === 'order')) return
  if (access === 'internal' || caller.kind !== 'user') throw new Problem(unauthenticated)
  if (!isAdmitted(caller, access) && !(is_staff && access === 'operator')) {
    throw new Problem(forbidden, `This needs the role ${rolesFor[access]!.join(' or ')}.`)
  }
}

/** Whether a person has the role that a policy asks for, if it asks for one. */
export function isAdmitted ({ roles }: Pick<Person, 'roles'>, access: Access): boolean {
  const wanted = rolesFor[access]
  return !wanted || wanted.some(role => roles.includes(role))
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
