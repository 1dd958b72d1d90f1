import type { credentialsDeleted, userRegistered } from '@fermata/contracts/auth'
import { eventChanged } from '@fermata/contracts/events'
import type { Tx } from '@fermata/platform/database'
import type { Ctx, Handler } from '../context.ts'
import type { DB } from '../database.ts'
import { factsOf } from '../managing.ts'
import { deletePeople, insertPeople, touchLiveEvents } from '../queries/organizers.ts'

/** Keeps names, so that an organiser made on first use is called like its person. */
export const rememberPeople: Handler<typeof userRegistered> = async (_ctx, tx, events) => {
  await insertPeople(tx, events.map(({ data }) => data.user_id),
    events.map(({ data }) => data.username))
}

/** A person who erased their account is no member of anything any more. */
export const forgetPeople: Handler<typeof credentialsDeleted> = async (ctx, tx, events) => {
  const organizer_ids = await deletePeople(tx, events.map(({ data }) => data.user_id))
  await publishMembers(ctx, tx, organizer_ids, events[0]!.request_id)
}

/** Members are facts of every live event of their organiser. */
export async function publishMembers (
  ctx: Ctx, tx: Tx<DB>, organizer_ids: string[], request_id: string | null
): Promise<void> {
  if (organizer_ids.length === 0) return
  const facts = await factsOf(tx, await touchLiveEvents(tx, organizer_ids))
  await ctx.publish(tx, eventChanged, facts.map(event => ({ event, changed: ['member_ids'] })), request_id ??
    undefined)
}
