import { Type, type Static } from 'typebox'
import { defineProblem, defineRoute } from './define.ts'
import { ListQuery, Nullable, Page, Timestamp, Uuid } from './fields.ts'

/** The waiting room in front of the box office; its routes belong to the orders service. */

const EventParams = Type.Object({ event_id: Uuid })
const Count = Type.Integer({ minimum: 0 })
const Milliseconds = Type.Integer({ minimum: 0 })
const Hash = Type.String({ description: 'SHA-256, hexadecimal', pattern: '^[0-9a-f]{64}$' })

/**
 * What a visitor keeps to show that a place is theirs: a secret of their browser, made by whoever
 * serves them.
 */
export const Visitor = Type.String({
  minLength: 16, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$',
  description: 'A secret of the visitor, to which place and pass are bound; joining signed in, ' +
    'without one, binds them to the account',
})
export const QueueToken = Type.String({ minLength: 8, maxLength: 100, pattern: '^fq_[A-Za-z0-9_-]+$',
  description: 'The visitor\'s place: signed, for this event alone' })

/** What an order carries where the event sells through its waiting room. */
export const passFields = {
  queue_pass: Type.Optional(Type.String({ minLength: 1, maxLength: 100,
    description: 'Needed where the event has a waiting room: from ' +
      '`GET /api/queue/{event_id}/position`, once it is the buyer\'s turn' })),
  queue_visitor: Type.Optional(Type.Unsafe<string>({ ...Visitor,
    description: 'The secret with which the place was taken, if there was one' })),
}

export const QueueState = Type.Enum(['before_opening', 'drawing', 'open', 'sold_out', 'closed'], {
  description: '`before_opening`: everybody who joins takes part in the draw; `open`: places are ' +
    'given in the order of arrival; `closed`: the event sells nothing any more',
})
export type QueueState = Static<typeof QueueState>

/** The public side of a room. The key is null until the draw: then anybody can recompute it. */
export const Queue = Type.Object({
  event_id: Uuid,
  state: QueueState,
  opens_at: Timestamp,
  opens_in_ms: Milliseconds,
  joined: Count,
  admitted_up_to: Type.Integer({ minimum: 0, description: 'Places up to this one had their turn' }),
  expected_wait_seconds: Nullable(Type.Integer({
    minimum: 0, description: 'For somebody who joins now; null before the opening or when unknown' })),
  draw: Type.Object({
    key_hash: Type.Unsafe<string>({ ...Hash, description: 'SHA-256 of the key, fixed before the first visitor joined' }),
    key: Nullable(Type.Unsafe<string>({ ...Hash, description: 'Published with the draw; hexadecimal' })),
    joins_digest: Nullable(Type.Unsafe<string>({ ...Hash, description: 'Chain over all who joined before the opening' })),
    order_digest: Nullable(Type.Unsafe<string>({ ...Hash, description: 'Over the drawn order' })),
    drawn_at: Nullable(Timestamp),
    drawn_count: Nullable(Count),
  }),
  poll_after_ms: Milliseconds,
})
export type Queue = Static<typeof Queue>

export const QueueStatus = Type.Enum(
  ['before_opening', 'drawing', 'in_line', 'your_turn', 'missed', 'sold_out', 'closed'], {
    description: '`missed`: the time to buy is over; whoever still wants tickets joins anew' })
export type QueueStatus = Static<typeof QueueStatus>

export const QueuePosition = Type.Object({
  event_id: Uuid,
  status: QueueStatus,
  opens_at: Timestamp,
  opens_in_ms: Milliseconds,
  joined: Count,
  place: Nullable(Type.Integer({ minimum: 1, description: 'Null until the draw' })),
  ahead: Nullable(Type.Integer({ minimum: 0, description: 'People whose turn comes first' })),
  expected_wait_seconds: Nullable(Count),
  pass: Nullable(Type.String({ description: 'For `queue_pass` of an order, from the turn on' })),
  pass_expires_at: Nullable(Timestamp),
  pass_left_ms: Nullable(Milliseconds),
  poll_after_ms: Type.Integer({ minimum: 0, description: 'When to ask again; earlier tells nothing new' }),
})
export type QueuePosition = Static<typeof QueuePosition>

export const JoinedQueue = Type.Object({ token: Type.String(), ...QueuePosition.properties })
export type JoinedQueue = Static<typeof JoinedQueue>

const InCheckout = Type.Integer({
  minimum: 1, maximum: 100_000, description: 'People who may choose and pay at the same time' })
const PassMinutes = Type.Integer({
  minimum: 1, maximum: 60, description: 'From the turn until tickets must be held' })

const max_joins = 2_000_000
const FreeJoins = Type.Integer({ minimum: 0, maximum: max_joins,
  description: 'So many join from one network (an IPv4 address, an IPv6 /48) before a join has a price' })
const MaxJoins = Type.Integer({ minimum: 1, maximum: max_joins,
  description: 'So many join from one network at all' })

export const NewQueueSettings = Type.Object({
  enabled: Type.Boolean(),
  opens_at: Type.Unsafe<string>({ ...Timestamp, description: 'The start of the sale: the moment of the draw' }),
  max_in_checkout: Type.Optional(InCheckout),
  pass_minutes: Type.Optional(PassMinutes),
  free_joins_per_network: Type.Optional(FreeJoins),
  max_joins_per_network: Type.Optional(MaxJoins),
})
export type NewQueueSettings = Static<typeof NewQueueSettings>

export const QueueSettings = Type.Object({
  event_id: Uuid,
  enabled: Type.Boolean(),
  opens_at: Timestamp,
  max_in_checkout: InCheckout,
  pass_minutes: PassMinutes,
  free_joins_per_network: FreeJoins,
  max_joins_per_network: MaxJoins,
  key_hash: Hash,
  drawn_at: Nullable(Timestamp),
  joined: Count,
  admitted_up_to: Count,
  in_checkout: Type.Integer({ minimum: 0, description: 'Admitted and choosing, or holding tickets' }),
  left_per_second: Type.Number({ minimum: 0, description: 'Speed at which people finish, as measured' }),
  admitted_per_second: Type.Number({ minimum: 0 }),
})
export type QueueSettings = Static<typeof QueueSettings>

export const QueueJoins = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  first_place: Nullable(Type.Integer({ minimum: 1, description: 'Null for those who take part in the draw' })),
  at: Timestamp,
  ids: Type.Array(Type.String({ description: 'Random id of a token, hexadecimal' })),
  networks: Nullable(Type.Array(Type.String({
    description: 'For each id a name of the network it joined from: equal for those of one network ' +
      'at this event, and good for nothing else' }))),
})

export const queuePassNeeded = defineProblem(
  'orders/queue-pass-needed', 403, 'This event sells through its waiting room',
  Type.Object({ event_id: Uuid }))
export const queuePassInvalid = defineProblem(
  'orders/queue-pass-invalid', 403, 'This pass is not good for this order',
  Type.Object({
    event_id: Uuid, reason: Type.Enum(['unknown', 'expired', 'another_buyer', 'used_up']) }))
export const notYourTurn = defineProblem(
  'orders/not-your-turn', 403, 'It is not your turn yet', Type.Object({ event_id: Uuid }))
/** Why an order with a pass, or without one, may be refused. */
export const passProblems = [queuePassNeeded, queuePassInvalid, notYourTurn] as const

export const queueTokenInvalid = defineProblem(
  'orders/queue-token-invalid', 400, 'This is no place in this waiting room',
  Type.Object({ event_id: Uuid }))
export const queueClosed = defineProblem(
  'orders/queue-closed', 409, 'The waiting room takes nobody any more',
  Type.Object({ event_id: Uuid, reason: Type.Enum(['sold_out', 'closed', 'full']) }))
export const alreadyJoined = defineProblem(
  'orders/queue-already-joined', 409, 'You have a place in this waiting room already',
  Type.Object({ event_id: Uuid }))
export const joinPriced = defineProblem(
  'orders/queue-join-priced', 429, 'Many people join from your network',
  Type.Object({
    event_id: Uuid,
    challenge: Type.String({ description: 'Text without spaces, for this visitor and some minutes' }),
    bits: Type.Integer({
      minimum: 1, maximum: 32,
      description: 'Find a whole number, the nonce, with which SHA-256 of `challenge:nonce` (the ' +
        'number in decimal digits) begins with so many zero bits' }),
    wait_seconds: Type.Integer({ minimum: 1,
      description: 'Or send the challenge again after so long, without a nonce' }),
  }))
export const joinPaced = defineProblem(
  'orders/queue-join-paced', 429, 'Others on your network are joining at this moment',
  Type.Object({ event_id: Uuid }))
export const networkFull = defineProblem(
  'orders/queue-network-full', 409, 'Too many people joined from your network',
  Type.Object({ event_id: Uuid, limit: Type.Integer({ minimum: 1 }) }))
export const queueDrawn = defineProblem(
  'orders/queue-drawn', 409, 'The draw has taken place, so the opening cannot move',
  Type.Object({ drawn_at: Timestamp }))

export const setQueue = defineRoute({
  method: 'PUT', path: '/api/queue/{event_id}', access: 'organizer',
  summary: 'Switch the waiting room of an event of yours on or off',
  description:
    'While it is on, orders need a pass. Whoever joins before `opens_at` takes part in a draw in ' +
    'which the time of arrival does not matter; who comes later is served in order of arrival. ' +
    'Switched off and on again it keeps all places.',
  params: EventParams,
  body: NewQueueSettings,
  reply: { 200: QueueSettings },
  problems: [queueDrawn],
})

export const getQueueSettings = defineRoute({
  method: 'GET', path: '/api/queue/{event_id}/settings', access: 'organizer',
  summary: 'Settings and measured speed of the waiting room of an event of yours',
  params: EventParams,
  reply: { 200: QueueSettings },
  problems: [],
})

export const getQueue = defineRoute({
  method: 'GET', path: '/api/queue/{event_id}', access: 'public',
  summary: 'An event\'s waiting room, and the key of its draw',
  description: '404 where there is none or it is switched off.',
  params: EventParams,
  reply: { 200: Queue },
  problems: [],
})

export const joinQueue = defineRoute({
  method: 'POST', path: '/api/queue/{event_id}/join', access: 'public',
  summary: 'Take a place in the waiting room',
  description:
    'Keep the token: it is the place. Sent again, it answers with the same place as long as that ' +
    'is good for anything. A visitor, and an account, has one place: joining again with the same ' +
    '`visitor`, because the answer was lost, answers with the same token. Where many join from one ' +
    'network, a join has a price: the problem `orders/queue-join-priced` names a sum that a phone ' +
    'does in about a second, or a time to wait; send `challenge` and `nonce` with the same ' +
    '`visitor` again. Problems of status 429 name in `Retry-After` when to come back.',
  params: EventParams,
  body: Type.Object({
    visitor: Type.Optional(Visitor), token: Type.Optional(QueueToken),
    challenge: Type.Optional(Type.String({ maxLength: 60, pattern: '^fc_[A-Za-z0-9_-]+$',
      description: 'From `orders/queue-join-priced`' })),
    nonce: Type.Optional(Type.Integer({ minimum: 0, maximum: 999_999_999,
      description: 'The number that was found for the challenge' })),
  }),
  reply: { 200: JoinedQueue },
  problems: [queueClosed, alreadyJoined, joinPriced, joinPaced, networkFull],
})

export const getQueuePosition = defineRoute({
  method: 'GET', path: '/api/queue/{event_id}/position', access: 'public',
  summary: 'How far one\'s place has come, and the pass once it is one\'s turn',
  params: EventParams,
  query: Type.Object({ token: QueueToken }),
  reply: { 200: QueuePosition },
  problems: [queueTokenInvalid],
})

export const listQueueJoins = defineRoute({
  method: 'GET', path: '/api/queue/{event_id}/joins', access: 'public',
  summary: 'Everybody who joined, so that the draw can be recomputed',
  description:
    'In the order of joining. Empty before the draw. `tools/verify-draw.ts` reads it and says ' +
    'whether the draw was right.',
  params: EventParams,
  query: ListQuery({}),
  reply: { 200: Page(QueueJoins) },
  problems: [],
})
