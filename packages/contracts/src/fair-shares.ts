import { Type, type Static } from 'typebox'
import { defineRoute } from './define.ts'
import { Nullable, Uuid } from './fields.ts'

/** How much of an event one network and one person may have. */

const fields = {
  network_share_percent: Type.Integer({
    minimum: 1, maximum: 100,
    description: 'Largest part of the unsold tickets that one network (an IPv4 address or an IPv6 ' +
      '/48) may hold unpaid at a time, never less than 10 tickets; paying frees it. 100: everybody ' +
      'may come from one address, as in a school',
  }),
  max_per_buyer: Nullable(Type.Integer({
    minimum: 1, maximum: 100_000,
    description: 'Tickets of one person for the event over all ticket types, held and sold, by ' +
      'mailbox, account and browser; null: as many as there are',
  })),
}

export const FairShares = Type.Object({
  event_id: Uuid, ...fields,
  is_default: Type.Boolean({ description: 'Whether nobody has named a limit of a person yet. ' +
    'The default never forbids what `max_per_order` or `max_per_buyer` of a ticket type allow' }),
})
export type FairShares = Static<typeof FairShares>

const params = Type.Object({ event_id: Uuid })

export const getFairShares = defineRoute({
  method: 'GET', path: '/api/ticket-types/shares/{event_id}', access: 'organizer',
  summary: 'How much of an event of yours one network and one person may have',
  params,
  reply: { 200: FairShares },
  problems: [],
})

export const setFairShares = defineRoute({
  method: 'PATCH', path: '/api/ticket-types/shares/{event_id}', access: 'organizer',
  summary: 'Change how much of an event of yours one network and one person may have',
  description: 'From the answer on; what was held or bought before stays and counts.',
  params,
  body: Type.Object({
    network_share_percent: Type.Optional(fields.network_share_percent),
    max_per_buyer: Type.Optional(fields.max_per_buyer),
  }, { minProperties: 1 }),
  reply: { 200: FairShares },
  problems: [],
})
