import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute, raw } from './define.ts'
import {
  Buyer, Currency, described, Email, EventFacts, IdParams, ListQuery, Minor, Nullable, Page,
  PersonName, Sender, Text, Timestamp, Uuid,
} from './fields.ts'

/** Issued tickets and admission at the door. */

const Count = Type.Integer({ minimum: 0 })
const Code = Type.String({
  minLength: 1, maxLength: 500, description: 'What the QR holds: the signed code',
})
const Gate = Text(60, 1)

export const TicketStatus = Type.Enum(['active', 'used', 'void'])
export type TicketStatus = Static<typeof TicketStatus>

export const Ticket = Type.Object({
  id: Uuid,
  number: Type.String({
    description: 'For people, unique in its event', examples: ['SUMMER-000042'],
  }),
  code: Type.String({
    description: 'Ed25519-signed, checkable offline with the keys of /api/tickets/keys',
  }),
  status: TicketStatus,
  event_id: Uuid,
  event_title: Type.String(),
  order_id: Uuid,
  order_code: Type.String(),
  ticket_type_id: Uuid,
  ticket_type_name: Type.String(),
  user_id: Nullable(Uuid),
  holder: Type.Object({ name: PersonName, email: Email }),
  price_minor: Minor,
  currency: Currency,
  event: EventFacts,
  issued_at: Timestamp,
  admitted_at: Nullable(Timestamp),
  voided_at: Nullable(Timestamp),
})
export type Ticket = Static<typeof Ticket>

/** What a door needs of a ticket. */
export const Validation = Type.Object({
  admissible: Type.Boolean(),
  reason: Nullable(Type.Enum(['already_admitted', 'void', 'wrong_event', 'event_canceled'])),
  belongs: Nullable(Type.Boolean({
    description: 'Whether it is the ticket of the `user_id` and the `email` asked for; null: for neither was asked',
  })),
  ticket: Ticket,
  admitted_at: Nullable(Timestamp),
  gate: Nullable(Type.String()),
  admitted_by: Nullable(Type.String({ description: 'Name of who admitted it' })),
})
export type Validation = Static<typeof Validation>

export const CheckIn = Type.Object({
  id: Uuid, ticket: Ticket, admitted_at: Timestamp, gate: Type.String(), admitted_by: Type.String(),
})
export type CheckIn = Static<typeof CheckIn>

export const TicketKey = Type.Object({
  kid: Type.String({ description: 'The first 16 characters of every code it signed' }),
  event_id: Uuid,
  algorithm: Type.Literal('Ed25519'),
  public_key: Type.String({ description: '32 bytes in base64url' }),
})
export type TicketKey = Static<typeof TicketKey>

export const unknownCode = defineProblem(
  'tickets/unknown-code', 404, 'This is not the code of a ticket',
)
export const wrongEvent = defineProblem(
  'tickets/wrong-event', 409, 'This ticket is for another event',
  Type.Object({ event_id: Uuid, event_title: Type.String(), starts_at: Timestamp }),
)
export const alreadyAdmitted = defineProblem(
  'tickets/already-admitted', 409, 'This ticket was admitted before',
  Type.Object({ admitted_at: Timestamp, gate: Type.String(), admitted_by: Type.String() }),
)
export const ticketVoid = defineProblem(
  'tickets/void', 409, 'This ticket is no longer valid',
  Type.Object({ voided_at: Timestamp }),
)
export const eventCanceledProblem = defineProblem(
  'tickets/event-canceled', 409, 'The event was canceled',
)

export const resentOften = defineProblem(
  'tickets/resent-often', 429, 'This was mailed again as often as it may be for now',
  Type.Object({ scope: Type.Enum(['ticket', 'recipient']) }),
)

export const listTickets = defineRoute({
  method: 'GET', path: '/api/tickets', access: 'owner',
  summary: 'Your tickets, or those of an order with its token',
  description:
    'With `event_id`, `order_id` or `q` (number, code, name, email or order code), whoever works ' +
    'at the door looks up the tickets of the events they work at.',
  query: ListQuery({
    q: Type.Optional(described(Text(500), 'How a number, a name or an address begins, or a whole code')),
    event_id: Type.Optional(Uuid),
    order_id: Type.Optional(Uuid),
    status: Type.Optional(described(TicketStatus, 'Only those in this state')),
  }),
  reply: { 200: Page(Ticket) },
  problems: [],
  rate_limit: { max: 300, per_seconds: 60, by: 'address' },
})

export const getTicket = defineRoute({
  method: 'GET', path: '/api/tickets/{id}', access: 'owner',
  summary: 'One ticket',
  params: IdParams,
  reply: { 200: Ticket },
  problems: [],
})

/** Of what is printed. */
const InLanguage = Type.Object({
  locale: Type.Optional(described(Type.Enum(['en', 'fr']), 'The holder\'s where it is absent')),
})

export const getTicketPdf = defineRoute({
  method: 'GET', path: '/api/tickets/{id}/pdf', access: 'owner',
  summary: 'The ticket to print or keep',
  params: IdParams,
  query: InLanguage,
  reply: { 200: raw('application/pdf') },
  problems: [ticketVoid],
})

export const getTicketQr = defineRoute({
  method: 'GET', path: '/api/tickets/{id}/qr.svg', access: 'owner',
  summary: 'The QR code of the ticket',
  params: IdParams,
  reply: { 200: raw('image/svg+xml') },
  problems: [ticketVoid],
})

export const getTicketCalendar = defineRoute({
  method: 'GET', path: '/api/tickets/{id}/calendar.ics', access: 'owner',
  summary: 'The event as a calendar entry',
  params: IdParams,
  reply: { 200: raw('text/calendar') },
  problems: [],
})

export const listTicketKeys = defineRoute({
  method: 'GET', path: '/api/tickets/keys', access: 'public',
  summary: 'Public keys that verify ticket codes offline',
  description: 'Each event has its own. Without `event_id`, the newest 1,000.',
  query: Type.Object({ event_id: Type.Optional(Uuid) }),
  reply: { 200: Type.Object({ items: Type.Array(TicketKey) }) },
  problems: [],
})

export const validateTicket = defineRoute({
  method: 'POST', path: '/api/tickets/validate', access: 'operator',
  summary: 'Look at a ticket without admitting it',
  body: Type.Object({
    code: Code,
    event_id: Uuid,
    user_id: Type.Optional(Uuid),
    email: Type.Optional(Email),
  }),
  description:
    'With `user_id` or `email` the answer also says whether the ticket belongs to that account, or '
    + 'to whoever reads that letter box: as its holder or as who bought it. Where both are named, '
    + 'both must fit. '
    + 'A ticket of another organiser is none here. One for an event of the same organiser at which ' +
    'you do not work is `tickets/wrong-event`.',
  reply: { 200: Validation },
  problems: [unknownCode, wrongEvent],
})

export const checkIn = defineRoute({
  method: 'POST', path: '/api/check-ins', access: 'operator', idempotent: true,
  summary: 'Admit a ticket, once; 409 says when, where and by whom it was',
  body: Type.Object({ code: Code, event_id: Uuid, gate: Gate }),
  reply: { 201: CheckIn },
  problems: [unknownCode, wrongEvent, alreadyAdmitted, ticketVoid, eventCanceledProblem],
})

export const voidTicket = defineRoute({
  method: 'POST', path: '/api/tickets/{id}/void', access: 'operator',
  summary: 'Make a ticket invalid',
  params: IdParams,
  body: Type.Object({ reason: Type.Optional(Text(500)) }),
  reply: { 200: Ticket },
  problems: [alreadyAdmitted, ticketVoid],
})

export const resendTicket = defineRoute({
  method: 'POST', path: '/api/tickets/{id}/resend', access: 'operator',
  summary: 'Mail a ticket to its holder again',
  description:
    'Whoever asks, a ticket is mailed again three times, then once in 20 minutes; what one letter ' +
    'box gets again is six mails, then one in four hours. Above that the answer is ' +
    '`tickets/resent-often` with `Retry-After`.',
  params: IdParams,
  reply: { 202: Ticket },
  problems: [ticketVoid, resentOften],
  rate_limit: { max: 30, per_seconds: 60, by: 'account' },
})

export const getOrderPdf = defineRoute({
  method: 'GET', path: '/internal/tickets/orders/{order_id}/pdf', access: 'internal',
  callers: ['notifications'],
  summary: 'All valid tickets of an order as one PDF, for the mail',
  params: Type.Object({ order_id: Uuid }),
  query: InLanguage,
  reply: { 200: raw('application/pdf') },
  problems: [],
})

export const getOrderCalendar = defineRoute({
  method: 'GET', path: '/internal/tickets/orders/{order_id}/calendar.ics', access: 'internal',
  callers: ['notifications'],
  summary: 'The event of an order as a calendar entry, for the mail',
  params: Type.Object({ order_id: Uuid }),
  reply: { 200: raw('text/calendar') },
  problems: [],
})

export const Admissions = Type.Object({
  event_id: Uuid,
  issued: Count,
  admitted: Count,
  voided: Count,
  ticket_types: Type.Array(Type.Object({
    ticket_type_id: Uuid, issued: Count, admitted: Count, voided: Count,
  })),
})
export type Admissions = Static<typeof Admissions>

export const getDoor = defineRoute({
  method: 'GET', path: '/api/check-ins/{event_id}', access: 'operator',
  summary: 'How many have come to an event at whose door you work',
  params: Type.Object({ event_id: Uuid }),
  reply: { 200: Admissions },
  problems: [],
})

export const getAdmissions = defineRoute({
  method: 'GET', path: '/internal/tickets/events/{event_id}/admissions', access: 'internal',
  callers: ['events'],
  summary: 'How many tickets of an event were issued, admitted and voided',
  params: Type.Object({ event_id: Uuid }),
  reply: { 200: Admissions },
  problems: [],
})

const IssuedTicket = Type.Object({
  id: Uuid,
  number: Type.String(),
  ticket_type_id: Uuid,
  ticket_type_name: Type.String(),
  holder: Type.Object({ name: PersonName, email: Email }),
  price_minor: Minor,
  currency: Currency,
})

const OrderOfTickets = {
  order_id: Uuid, order_code: Type.String(), user_id: Nullable(Uuid), buyer: Buyer,
  event: EventFacts,
}

/**
 * Tickets of an order are issued, told once for each order. Codes stay out: who reads events may
 * not enter with them.
 */
export const ticketsIssued = defineEvent('tickets.tickets_issued.v1', Type.Object({
  ...OrderOfTickets,
  tickets: Type.Array(IssuedTicket),
  issued_at: Timestamp,
  sender: Type.Optional(Sender),
}))

/** Somebody at the desk had a ticket mailed again. */
export const ticketResent = defineEvent('tickets.ticket_resent.v1', Type.Object({
  ...OrderOfTickets, ticket: IssuedTicket, requested_by: Uuid, requested_at: Timestamp,
}))

/** A ticket opens no door any more. */
export const ticketVoided = defineEvent('tickets.ticket_voided.v1', Type.Object({
  ...OrderOfTickets, ticket: IssuedTicket, voided_at: Timestamp, reason: Nullable(Type.String()),
}))

/** A ticket was admitted. */
export const ticketAdmitted = defineEvent('tickets.ticket_admitted.v1', Type.Object({
  ...OrderOfTickets, ticket: IssuedTicket, admitted_at: Timestamp, gate: Type.String(),
  admitted_by: Type.String(),
}))
