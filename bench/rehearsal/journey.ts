import { setTimeout as sleep } from 'node:timers/promises'
import { getText, requestText } from '../http-connection.ts'
import type { Answer, Browsers } from './browsers.ts'
import type { Buyer } from './buyer.ts'
import type { CrowdCounts, CrowdJob, Step } from './crowd-job.ts'

/** One buyer's way through a sale, from the event's page to the ticket. */

export interface Journey {
  job: CrowdJob
  browsers: Browsers
  counts: CrowdCounts
  order_ids: string[]
  /** True when the time is over. */
  isOver: () => boolean
  /** Waits, but not beyond that time. */
  rest: (ms: number) => Promise<void>
  measure: (step: Step, answer: Answer, wanted_at: number) => void
}

/** Of a hold that was turned away; each waits the second that the answer asks for. */
const most_attempts = 4
const try_again_after_ms = 1000
/** A browser that lost its answer asks again so soon. */
const repeat_after_ms = 150
/** The page that waits for a payment asks once a second, as often as this. */
const most_looks = 15
const look_every_ms = 1000
/** The room tells when to ask again; no buyer asks more often than this. */
const shortest_poll_ms = 250

interface OrderAnswer { id: string, status: string, total_minor: number, access_token: string }
interface Place { status: string, pass: string | null, poll_after_ms: number, token?: string }

export async function visit (journey: Journey, buyer: Buyer, due_at: number): Promise<void> {
  const { job, counts } = journey
  const page = await ask(journey, 'page', pageRequest(job, buyer), due_at)
  if (page.status !== 200) return leave(journey, page)
  if (buyer.intention === 'look') {
    counts.looked++
    return
  }
  let pass: string | null = null
  if (job.has_room) {
    pass = await waitForTurn(journey, buyer)
    if (pass === null) return
  }
  await journey.rest(job.think_ms * buyer.thinks[0])
  const order = await hold(journey, buyer, pass)
  if (order) await decide(journey, buyer, order)
}

async function ask (
  { browsers, measure }: Journey, step: Step, request: string, wanted_at = performance.now()
): Promise<Answer> {
  const answer = await browsers.ask(request)
  measure(step, answer, wanted_at)
  return answer
}

/** Counts how a visit ended that did not end well. */
function leave ({ counts }: Journey, { status, body }: Answer): void {
  if (status === 409 && body.includes('sold-out')) counts.sold_out++
  else if (status === 503 || status === 429) counts.turned_away++
  else counts.failed++
}

/** @returns the pass, or null when there was no turn */
async function waitForTurn (journey: Journey, buyer: Buyer): Promise<string | null> {
  const { job, counts } = journey
  const joined = await ask(journey, 'join', joinRequest(job, buyer))
  // A room in front of an event that has sold out lets nobody in.
  if (joined.status === 409) counts.sold_out++
  else if (joined.status !== 200) leave(journey, joined)
  if (joined.status !== 200) return null
  counts.waiting++
  try {
    let place = JSON.parse(joined.body) as Place
    const { token } = place
    while (place.pass === null) {
      if (place.status === 'sold_out' || place.status === 'closed' || place.status === 'missed') {
        if (place.status === 'missed') counts.turned_away++
        else counts.sold_out++
        return null
      }
      await journey.rest(Math.max(shortest_poll_ms, place.poll_after_ms))
      if (journey.isOver()) {
        counts.still_waiting++
        return null
      }
      const answer = await ask(journey, 'wait', placeRequest(job, buyer, token!))
      if (answer.status === 200) place = JSON.parse(answer.body) as Place
      else if (answer.status !== 503) {
        leave(journey, answer)
        return null
      }
    }
    return place.pass
  } finally {
    counts.waiting--
  }
}

/** Tries to hold tickets, each time with the same key, so that it never becomes two orders. */
async function hold (
  journey: Journey, buyer: Buyer, pass: string | null
): Promise<OrderAnswer | null> {
  const { job, counts, browsers } = journey
  const request = holdRequest(job, buyer, pass)
  if (buyer.loses_answer) {
    counts.repeated++
    await browsers.askAndHangUp(request)
    await sleep(repeat_after_ms)
  }
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(journey, 'hold', request)
    if (answer.status === 201) {
      const order = JSON.parse(answer.body) as OrderAnswer
      journey.order_ids.push(order.id)
      counts.held++
      counts.tickets_held += buyer.quantity
      return order
    }
    const comes_again = answer.status === 503 || answer.status === 429 || answer.status === 0
    if (!comes_again || attempt === most_attempts || journey.isOver()) {
      if (comes_again) counts.unheard++
      leave(journey, answer)
      return null
    }
    await sleep(try_again_after_ms * attempt)
  }
}

/** Holding tickets now, the buyer pays, or does not. */
async function decide (journey: Journey, buyer: Buyer, order: OrderAnswer): Promise<void> {
  const { job, counts } = journey
  await journey.rest(job.think_ms * buyer.thinks[1])
  if (order.status === 'completed') counts.paid++
  else if (buyer.intention === 'abandon') counts.abandoned++
  else if (buyer.intention === 'cancel') {
    const answer = await ask(journey, 'order', cancelRequest(buyer, order))
    if (answer.status === 200) counts.canceled++
    else leave(journey, answer)
  } else await pay(journey, buyer, order)
}

async function pay (journey: Journey, buyer: Buyer, order: OrderAnswer): Promise<void> {
  const { job, counts } = journey
  const declined = buyer.intention === 'be_declined'
  const started = await ask(journey, 'pay', payRequest(job, buyer, order))
  if (started.status !== 201) return leave(journey, started)
  if (declined) {
    counts.declined++
    return
  }
  for (let look = 0; look < most_looks; look++) {
    await sleep(look_every_ms)
    const answer = await ask(journey, 'order', orderRequest(buyer, order))
    if (answer.status === 200 && answer.body.includes('"status":"completed"')) {
      counts.paid++
      return
    }
    if (journey.isOver()) break
  }
  counts.ran_out++
}

/** What a proxy would say of where the buyer is: limits for each address count it. */
const from = ({ address }: Buyer) => `x-forwarded-for: ${address}\r\n`
const as = ({ access_token }: OrderAnswer) => `authorization: Bearer ${access_token}\r\n`
const secretOf = ({ run }: CrowdJob, { number }: Buyer) => `visitor-${run}-${number}`

const pageRequest = ({ slug }: CrowdJob, buyer: Buyer) =>
  getText(`/events/${slug}`, `accept: text/html\r\naccept-encoding: gzip\r\n${from(buyer)}`)

const joinRequest = (job: CrowdJob, buyer: Buyer) =>
  requestText(`/api/queue/${job.event_id}/join`, `{"visitor":"${secretOf(job, buyer)}"}`, from(buyer))

const placeRequest = ({ event_id }: CrowdJob, buyer: Buyer, token: string) =>
  getText(`/api/queue/${event_id}/position?token=${token}`, from(buyer))

function holdRequest (job: CrowdJob, buyer: Buyer, pass: string | null): string {
  const { ticket_type_id, price_minor, access_code } = buyer.offer
  const body = JSON.stringify({
    event_id: job.event_id,
    items: [{ ticket_type_id, quantity: buyer.quantity, price_minor }],
    buyer: { name: `Guest ${buyer.number}`, locale: buyer.number % 2 === 0 ? 'en' : 'fr',
      email: `guest${buyer.number}@${job.run}.example.com` },
    access_code,
    ...(pass !== null && { queue_pass: pass, queue_visitor: secretOf(job, buyer) }),
  })
  return requestText('/api/orders', body,
    `${from(buyer)}idempotency-key: ${job.run}-hold-${buyer.number}\r\n`)
}

const payRequest = (job: CrowdJob, buyer: Buyer, order: OrderAnswer) =>
  requestText('/api/payments', JSON.stringify({ order_id: order.id, provider: 'simulated',
    method: { test_card: buyer.intention === 'be_declined' ? 'declined' : 'success' } }),
  `${from(buyer)}${as(order)}idempotency-key: ${job.run}-pay-${buyer.number}\r\n`)

const orderRequest = (buyer: Buyer, order: OrderAnswer) =>
  getText(`/api/orders/${order.id}`, from(buyer) + as(order))

const cancelRequest = (buyer: Buyer, order: OrderAnswer) =>
  requestText(`/api/orders/${order.id}/cancel`, '{}', from(buyer) + as(order))
