import { unknownCode } from '@fermata/contracts/tickets'
import type { Db } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { findKey } from './queries/events.ts'
import { findTicket, type TicketRow } from './queries/tickets.ts'
import { readTicketCode, type TicketCode } from './rules/ticket-code.ts'

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
 * @throws Problem `tickets/unknown-code` for a code that is altered, invented, or no longer the
 * ticket's own
 */
export async function ticketOfCode (ctx: Ctx, db: Db, input: string): Promise<TicketRow> {
  const code = await readSignedCode(ctx, input)
  const row = code && await findTicket(db, code.ticket_id)
  if (!row || row.code !== code.text) throw new Problem(unknownCode)
  return row
}
