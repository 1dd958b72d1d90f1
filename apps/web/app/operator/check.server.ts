import { randomUUID } from 'node:crypto'
import { problemIs, type Call } from '@fermata/contracts/client'
import { lookUpOrders } from '@fermata/contracts/orders'
import {
  alreadyAdmitted, checkIn, eventCanceledProblem, ticketVoid, unknownCode, validateTicket,
  wrongEvent, type Ticket,
} from '@fermata/contracts/tickets'
import { optional } from '../server/answers.server.ts'
import { decisiveOf, situationOf, type OrderSituation } from '../shop/order-situation.ts'

/** What the door learns about a code. Each kind has its own colour, sign and words. */
export interface DoorAnswer {
  kind: 'admitted' | 'admissible' | 'other_person' | 'already' | 'wrong_event' | 'void' | 'canceled' | 'unknown' | 'empty' | 'no_address' | 'failed'
  ticket?: { number: string, holder: string, type: string }
  /** Of the first admission. */
  admitted_at?: string
  gate?: string
  admitted_by?: string
  /** The event a ticket is for, when it is another. */
  event_title?: string
  /** What became of the order of a ticket that is void. */
  order?: OrderSituation
  /** Whose it should be, when that was asked. */
  asked_for?: { email: string, belongs: boolean }
}

const holderOf = ({ number, holder, ticket_type_name }: Ticket) =>
  ({ number, holder: holder.name, type: ticket_type_name })

/** Admits once. The answer to a second scan says when and where the first was. */
export async function admit (
  call: Call, code: string, event_id: string, gate: string
): Promise<DoorAnswer> {
  const headers = { 'idempotency-key': randomUUID() }
  const answer = await call(checkIn, { body: { code, event_id, gate }, headers })
  if (answer.ok) {
    const { ticket, admitted_at, admitted_by } = answer.body
    return { kind: 'admitted', ticket: holderOf(ticket), admitted_at, gate: answer.body.gate, admitted_by }
  }
  const { problem } = answer
  if (problemIs(problem, alreadyAdmitted)) {
    return { kind: 'already', admitted_at: problem.admitted_at, gate: problem.gate,
      admitted_by: problem.admitted_by }
  }
  if (problemIs(problem, wrongEvent)) return { kind: 'wrong_event', event_title: problem.event_title }
  if (problemIs(problem, ticketVoid)) {
    const seen = await look(call, code, event_id, '').catch(() => null)
    return seen === null || seen.kind === 'failed' ? { kind: 'void' } : seen
  }
  if (problemIs(problem, eventCanceledProblem)) return { kind: 'canceled' }
  return { kind: problemIs(problem, unknownCode) || problem.status === 400 ? 'unknown' : 'failed' }
}

/** Looks without admitting. @param email of whom the ticket should be; empty: nobody asks */
export async function look (
  call: Call, code: string, event_id: string, email: string
): Promise<DoorAnswer> {
  const answer = await call(validateTicket, { body: { code, event_id, ...email && { email } } })
  if (!answer.ok) {
    if (email && answer.status === 400) return { kind: 'no_address' }
    const is_unknown = problemIs(answer.problem, unknownCode) || answer.status === 400
    return { kind: is_unknown ? 'unknown' : 'failed' }
  }
  const { reason, ticket, admitted_at, gate, admitted_by, belongs } = answer.body
  const order = reason === 'void' ? await orderOf(call, ticket.order_id, event_id) : undefined
  const kinds = { already_admitted: 'already', wrong_event: 'wrong_event', void: 'void', event_canceled: 'canceled' } as const
  return {
    kind: reason !== null ? kinds[reason] : belongs === false ? 'other_person' : 'admissible',
    ticket: holderOf(ticket), admitted_at: admitted_at ?? undefined,
    gate: gate ?? undefined, admitted_by: admitted_by ?? undefined,
    event_title: ticket.event_title, order,
    ...belongs !== null && { asked_for: { email, belongs } },
  }
}

/** Why a ticket is void, where that is because of its order. */
async function orderOf (
  call: Call, order_id: string, event_id: string
): Promise<OrderSituation | undefined> {
  const answer = await optional(call(lookUpOrders, { body: { event_id, order_ids: [order_id] } }))
  const order = answer?.items[0]
  if (!order || order.status === 'completed') return undefined
  return situationOf(order, order.payments === null ? undefined : decisiveOf(order.payments))
}
