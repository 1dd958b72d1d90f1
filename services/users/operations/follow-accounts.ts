import type {
  credentialsDeleted, emailVerified, rolesChanged, userRegistered,
} from '@fermata/contracts/auth'
import type { Handler } from '../context.ts'
import { erase } from '../erasure.ts'
import { addPeople, changeRoles, markVerified } from '../queries/people.ts'
import { claimPurchases, holdClaims } from '../queries/purchases.ts'

/**
 * Each account has a profile; whoever comes with a proven address finds what they bought before.
 */
export const addProfiles: Handler<typeof userRegistered> = async (_ctx, tx, events) => {
  await holdClaims(tx)
  await addPeople(tx, events.map(({ data }) =>
    ({ ...data, is_verified: data.verification_token === null })))
  await claimPurchases(tx, { user_ids: events.map(({ data }) => data.user_id), order_ids: [] })
}

export const followRoles: Handler<typeof rolesChanged> = async (_ctx, tx, events) => {
  await changeRoles(tx, events.map(({ data }) => data))
}

/** A proven address gives its owner the orders that a guest made with it. */
export const adoptPurchases: Handler<typeof emailVerified> = async (_ctx, tx, events) => {
  const user_ids = events.map(({ data }) => data.user_id)
  await holdClaims(tx)
  await markVerified(tx, user_ids)
  await claimPurchases(tx, { user_ids, order_ids: [] })
}

export const eraseProfiles: Handler<typeof credentialsDeleted> = async (_ctx, tx, events) => {
  await erase(tx, events.map(({ data }) => data.user_id))
}
