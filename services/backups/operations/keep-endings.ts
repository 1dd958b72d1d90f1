import type { credentialsDeleted, passwordChanged, rolesChanged } from '@fermata/contracts/auth'
import type { orderGivenUp } from '@fermata/contracts/backups'
import type { memberChanged } from '@fermata/contracts/events'
import type { orderCanceled, orderRefunded } from '@fermata/contracts/orders'
import type { ticketVoided } from '@fermata/contracts/tickets'
import type { addressErased } from '@fermata/contracts/users'
import { subjectOfAddress } from '@fermata/platform/personal-data'
import type { Ctx, Handler } from '../context.ts'
import { writeEndings, type Ending } from '../copies/endings.ts'
import { copiesOf } from '../copies/open-store.ts'

/*
 * What ends is written beside the copies, so that no restore brings it back. The file is on the
 * disk before the event counts as handled; written twice it does no harm.
 */

async function keep (ctx: Ctx, endings: Ending[]): Promise<void> {
  const { store, keys } = copiesOf(ctx.settings)
  ctx.resources.endings.add(await writeEndings(store, keys[0]!, endings))
  ctx.resources.wake()
}

/** Orders whose tickets open no door any more. */
export const keepEndings: Handler<
  typeof orderCanceled | typeof orderRefunded | typeof orderGivenUp
> = (ctx, _tx, events) => keep(ctx, events.map(({ data }) => ({
  what: 'order', who: data.order_id,
  at: 'refunded_at' in data ? data.refunded_at
    : 'canceled_at' in data ? data.canceled_at : data.given_up_at,
})))

/** A ticket that opens no door any more. */
export const keepVoidedTickets: Handler<typeof ticketVoided> = (ctx, _tx, events) =>
  keep(ctx, events.map(({ data }) => ({ what: 'ticket', who: data.ticket.id, at: data.voided_at })))

/** An account that is gone. */
export const keepDeletedAccounts: Handler<typeof credentialsDeleted> = (ctx, _tx, events) =>
  keep(ctx, events.map(({ data }) => ({ what: 'account', who: data.user_id, at: data.deleted_at })))

/** An address of which nothing may be kept, as a hash. */
export const keepErasedAddresses: Handler<typeof addressErased> = (ctx, _tx, events) =>
  keep(ctx, events.map(({ data }) => ({
    what: 'address', who: subjectOfAddress(data.address).toString('hex'), at: data.erased_at,
  })))

/** What an account may do was set: no restore gives it more. */
export const keepRights: Handler<typeof rolesChanged> = (ctx, _tx, events) =>
  keep(ctx, events.map(({ data: { user_id, roles, changed_at } }) =>
    ({ what: 'rights', who: user_id, at: changed_at, roles })))

/** What a member may do was set, as the last state: no restore gives them more. */
export const keepChangedMembers: Handler<typeof memberChanged> = (ctx, _tx, events) =>
  keep(ctx, events.map(({ data: { organizer_id, member_id, role, event_id, changed_at } }) =>
    ({ what: 'member', who: member_id, at: changed_at, organizer_id, role, event_id })))

/** That it was changed, and nothing of what it was or is. */
export const keepChangedPasswords: Handler<typeof passwordChanged> = (ctx, _tx, events) =>
  keep(ctx, events.map(({ data }) =>
    ({ what: 'password', who: data.user_id, at: data.changed_at })))
