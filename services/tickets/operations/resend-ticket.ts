import { createHash } from 'node:crypto'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import * as api from '@fermata/contracts/tickets'
import { personOf } from '@fermata/platform/caller'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { issuedTicketOf, orderFactsOf, presentTicket } from '../presentation.ts'
import { countResend, type Pace } from '../queries/resends.ts'
import type { TicketRow } from '../queries/tickets.ts'
import { refuseVoid } from '../refusals.ts'
import { servedTicket } from '../visible-ticket.ts'

/** Whoever asks: a holder may have looked in the wrong place, and at another address. */
const ticket_pace: Pace = { burst: 3, every_s: 20 * 60 }
/** However many tickets, staff and organisers: anybody can be both, and order with any address. */
const recipient_pace: Pace = { burst: 6, every_s: 4 * 3600 }

/** Asks notifications to mail a ticket to its holder once more. */
export const resendTicket: Operation<typeof api.resendTicket> = async (ctx, request) => {
  const row = await servedTicket(ctx, request.caller, request.params.id)
  refuseVoid(row)
  await ctx.transaction(async tx => {
    await countMail(tx, row)
    await ctx.publish(tx, api.ticketResent, [{
      ...orderFactsOf(row), ticket: issuedTicketOf(row),
      requested_by: personOf(request.caller).user_id, requested_at: new Date().toISOString(),
    }], request.id)
  })
  return presentTicket(row)
}

/** A mail that is refused counts for nothing. @throws Problem `tickets/resent-often` */
async function countMail (tx: Tx, { id, holder_email }: TicketRow): Promise<void> {
  refuse('ticket', await countResend(tx, keyOf('ticket', id), ticket_pace))
  refuse('recipient', await countResend(tx, keyOf('to', mailboxOf(holder_email)), recipient_pace))
}

const keyOf = (kind: string, text: string) => createHash('sha256').update(`${kind} ${text}`).digest()

const often = {
  ticket: 'This ticket was mailed again several times just now.',
  recipient: 'Whoever reads this address was mailed tickets again several times today.',
}

function refuse (scope: keyof typeof often, wait_s: number): void {
  if (wait_s === 0) return
  throw new Problem(api.resentOften, often[scope],
    { extensions: { scope }, headers: { 'retry-after': String(wait_s) } })
}
