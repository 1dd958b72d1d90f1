import type {
  accountReclaimed, credentialsDeleted, emailVerified, rolesChanged, userRegistered,
} from '@fermata/contracts/auth'
import type { addressErased } from '@fermata/contracts/users'
import {
  erasePeople, subjectsOfDeleted, subjectsOfErased,
} from '@fermata/platform/personal-data'
import { tellSettings } from '../changes.ts'
import type { Handler } from '../context.ts'
import { erase } from '../erasure.ts'
import { personalData } from '../personal-data.ts'
import {
  addPeople, changeRoles, lockPerson, markVerified, updateProfile, updateSettings,
} from '../queries/people.ts'
import { claimPurchases, holdClaims } from '../queries/purchases.ts'

/**
 * Each account has a profile; whoever comes with a proven address finds what they bought before.
 */
export const addProfiles: Handler<typeof userRegistered> = async (_ctx, tx, events) => {
  await holdClaims(tx)
  await addPeople(tx, events.map(({ data }) =>
    ({ ...data, is_verified: data.email_verified ?? false })))
  await claimPurchases(tx, { user_ids: events.map(({ data }) => data.user_id), order_ids: [] })
}

/** The roles shown follow; the newest count. */
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

/**
 * Whoever registered with an address that is another's by now may have left a telephone of their
 * own, to which its owner's messages would go.
 */
export const forgetPhones: Handler<typeof accountReclaimed> = async (ctx, tx, events) => {
  for (const { data: { user_id }, request_id } of events) {
    const before = await lockPerson(tx, user_id)
    if (!before) continue
    await updateProfile(tx, user_id, { phone: null })
    const person = await updateSettings(tx, user_id, { sms_notifications: false })
    await tellSettings(ctx, tx, person, request_id ?? undefined)
  }
}

/** The person is erased. */
export const eraseProfiles: Handler<typeof credentialsDeleted> = async (_ctx, tx, events) => {
  await erase(tx, events.map(({ data }) => data.user_id))
  await erasePeople(tx, 'users', personalData, subjectsOfDeleted(events))
}

/** What a guest ordered with the address goes, where no account has claimed it. */
export const eraseAddresses: Handler<typeof addressErased> = async (_ctx, tx, events) => {
  await holdClaims(tx)
  await erasePeople(tx, 'users', personalData, subjectsOfErased(events))
}
