import { unknownCode } from '@fermata/contracts/tickets'
import type { Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { findKey, isOf } from './queries/events.ts'
import { findTicket, type TicketRow } from './queries/tickets.ts'
import { refusalProblem } from './refusals.ts'
import { readTicketCode, type TicketCode } from './rules/ticket-code.ts'
import { serves } from './visible-ticket.ts'

/**
 * The parts of a code that one of our keys signed. The signature is checked before the ticket is
 * looked for: guessing ids is worth nothing.
 */
export async function readSignedCode (ctx: Ctx, input: string): Promise<TicketCode | null> {
  const code = readTicketCode(input)
  const key = code && await findKey(ctx.db, code.kid)
  if (!key) return null
  const genuine = ctx.resources.keys.verify(key.kid, key.public_key, code.signed, code.signature)
  return genuine ? code : null
}

/**
 * The ticket of a code, for who works at its door. Staff of another event of the same organiser are
 * told that it is for that one, since a visitor stands before them; to others it is no ticket.
 * @throws Problem `tickets/unknown-code` for a code that is altered, invented, or no longer the
 * ticket's own, and for a ticket of others; `tickets/wrong-event`
 */
export async function ticketOfCode (
  ctx: Ctx, caller: Caller, { code: input, event_id }: { code: string, event_id: string }
): Promise<TicketRow> {
  const code = await readSignedCode(ctx, input)
  const row = code && await findTicket(ctx.db, code.ticket_id)
  if (!row || row.code !== code.text) throw new Problem(unknownCode)
  if (await serves(ctx.db, caller, row)) return row
  const here = { id: event_id, organizer_id: row.event.organizer_id }
  const is_neighbour = row.event_id !== event_id &&
    await isOf(ctx.db, here) && await serves(ctx.db, caller, { event: here })
  throw is_neighbour ? refusalProblem(row, 'wrong_event') : new Problem(unknownCode)
}
