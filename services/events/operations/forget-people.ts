import type { credentialsDeleted, emailVerified, userRegistered } from '@fermata/contracts/auth'
import type { addressErased } from '@fermata/contracts/users'
import { erasePeople, subjectsOfDeleted, subjectsOfErased } from '@fermata/platform/personal-data'
import type { Handler } from '../context.ts'
import { publishMembers } from '../members.ts'
import { personalData } from '../personal-data.ts'
import { claimMemberships, deleteMembershipsOf } from '../queries/members.ts'
import { forgetNames, insertPeople } from '../queries/organizers.ts'

/** Keeps names, so that an organiser made on first use is called like its person. */
export const rememberPeople: Handler<typeof userRegistered> = async (_ctx, tx, events) => {
  await insertPeople(tx, events.map(({ data }) => ({ user_id: data.user_id, name: data.username })))
}

/** Whoever proves an address may do what its owner was asked to do. */
export const welcomeMembers: Handler<typeof emailVerified> = async (ctx, tx, events) => {
  const people = new Map(events.map(({ data }) =>
    [data.email.toLowerCase(), { user_id: data.user_id, email: data.email.toLowerCase() }]))
  const organizer_ids = await claimMemberships(tx, [...people.values()])
  await publishMembers(ctx, tx, organizer_ids, events[0]!.request_id)
}

/** A person who erased their account is no member of anything any more. */
export const forgetPeople: Handler<typeof credentialsDeleted> = async (ctx, tx, events) => {
  const user_ids = events.map(({ data }) => data.user_id)
  // An address that was only claimed is somebody else's, who may yet come.
  const emails = events.flatMap(({ data }) => data.email_verified ? [data.email.toLowerCase()] : [])
  await forgetNames(tx, user_ids)
  const organizer_ids = await deleteMembershipsOf(tx, user_ids, emails)
  await erasePeople(tx, 'events', personalData, subjectsOfDeleted(events))
  await publishMembers(ctx, tx, organizer_ids, events[0]!.request_id)
}

/** Who erased what is kept about an address will not come to what it was asked to do. */
export const forgetAddresses: Handler<typeof addressErased> = async (ctx, tx, events) => {
  const emails = events.map(({ data }) => data.address.toLowerCase())
  const organizer_ids = await deleteMembershipsOf(tx, [], emails)
  await erasePeople(tx, 'events', personalData, subjectsOfErased(events))
  await publishMembers(ctx, tx, organizer_ids, events[0]!.request_id)
}
