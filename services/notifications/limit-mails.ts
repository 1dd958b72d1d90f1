import { createHash } from 'node:crypto'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import { translator } from './adapters/catalogue.ts'
import type { DeliveryToInsert } from './queries/deliveries.ts'
import { markMailsDue } from './queries/holders.ts'
import {
  addLinks, findWaiting, lockAllowances, storeAllowances,
} from './queries/mail-allowances.ts'
import {
  max_orders_in_mail, network_pace, person_pace, recipient_pace, spend, type Pace,
} from './rules/mail-allowance.ts'
import type { Action } from './rules/outgoing.ts'

const keyOf = (kind: string, text: string) => createHash('sha256').update(`${kind} ${text}`).digest()

/** What stands for a letter box where its address would tell whose it is. */
export const addressKey = (email: string) => keyOf('to', mailboxOf(email)).toString('base64url')

/** What one locked row says, as the batch changes it. */
interface Allowance { key: Buffer, spent_until: number, waiting_id: string | null }

interface Batch {
  now: number
  of: (key: Buffer) => Allowance
  /** When mails that were written before this batch, and wait, are due. */
  waiting: Map<string, number>
  sent: DeliveryToInsert[]
  /** Orders that are named in a mail which waits, by its id. */
  named: Map<string, Action[]>
  /** Orders whose mail does not go out at once. */
  due: { order_id: string, at: string }[]
}

interface Counted {
  delivery: DeliveryToInsert
  recipient: Buffer
  senders: { key: Buffer, pace: Pace }[]
}

/**
 * Of mails that cost whoever causes them nothing, lets through what recipient and sender may have.
 * Above the sender's pace a mail waits for its turn; above the recipient's, its order is named in
 * one mail with others. Nothing is lost: each order's page has its tickets.
 */
export async function limitMails (
  tx: Tx, deliveries: DeliveryToInsert[],
): Promise<DeliveryToInsert[]> {
  const counted = withoutTwins(deliveries).flatMap(countedAs)
  if (counted.length === 0) return deliveries
  const batch = await openBatch(tx, counted)
  for (const one of counted) decide(batch, one)
  await storeAllowances(tx, [...allowancesOf(batch, counted)].map(row =>
    ({ ...row, spent_until: iso(row.spent_until) })))
  const fresh = new Map(batch.sent.map(one => [one.id, one]))
  for (const [id, links] of batch.named) {
    const own = fresh.get(id)
    if (own) own.content.links = eachOnce(links).slice(0, max_orders_in_mail)
    else await addLinks(tx, id, links, max_orders_in_mail)
  }
  if (batch.due.length > 0) await markMailsDue(tx, batch.due)
  return [...deliveries.filter(one => !one.unpaid), ...batch.sent]
}

/** A letter box, as it is counted for mails about one organiser's events. */
export interface LetterBox { email: string, apart: string | undefined }

/**
 * Locks all that a transaction is going to count, where it counts in several steps: each step
 * locks in the order of its own keys, and two transactions in step would wait for each other.
 */
export async function lockLetterBoxes (tx: Tx, boxes: LetterBox[]): Promise<void> {
  if (boxes.length > 0) await lockAllowances(tx, eachKey(boxes.map(boxKey)))
}

const boxKey = ({ email, apart }: LetterBox) =>
  keyOf(apart === undefined ? 'to' : `to ${apart}`, mailboxOf(email))

/** What is queued once is counted once, and not at all where it goes out in any case. */
function withoutTwins (deliveries: DeliveryToInsert[]): DeliveryToInsert[] {
  const by_key = new Map<string, DeliveryToInsert>()
  for (const one of deliveries) {
    if (!one.unpaid || !by_key.has(one.dedupe_key)) by_key.set(one.dedupe_key, one)
  }
  return [...by_key.values()]
}

function countedAs (delivery: DeliveryToInsert): Counted[] {
  const { unpaid, recipient } = delivery
  if (!unpaid) return []
  const { network, person } = unpaid.sender ?? {}
  return [{
    delivery,
    recipient: boxKey({ email: recipient, apart: unpaid.apart }),
    senders: [
      ...(network ? [{ key: keyOf('network', network), pace: network_pace }] : []),
      ...(person ? [{ key: keyOf('person', person), pace: person_pace }] : []),
    ],
  }]
}

const eachOnce = (links: Action[]) =>
  [...new Map(links.map(link => [`${link.path} ${link.label}`, link])).values()]

const eachKey = (keys: Buffer[]) =>
  [...new Map(keys.map(key => [key.toString('hex'), key])).values()]

const keysOf = (counted: Counted[]) => eachKey(counted.flatMap(({ recipient, senders }) =>
  [recipient, ...senders.map(sender => sender.key)]))

async function openBatch (tx: Tx, counted: Counted[]): Promise<Batch> {
  const rows = await lockAllowances(tx, keysOf(counted))
  const allowances = new Map<string, Allowance>(rows.map(row => [row.key.toString('hex'),
    { ...row, spent_until: Date.parse(row.spent_until) }]))
  const waiting = await findWaiting(tx, rows.flatMap(row => row.waiting_id ?? []))
  return {
    now: Date.parse(rows[0]!.now), of: key => allowances.get(key.toString('hex'))!,
    waiting: new Map(waiting.map(row => [row.id, Date.parse(row.due_at)])),
    sent: [], named: new Map(), due: [],
  }
}

const allowancesOf = (batch: Batch, counted: Counted[]) => keysOf(counted).map(batch.of)
const iso = (ms: number) => new Date(ms).toISOString()

function decide (batch: Batch, { delivery, recipient, senders }: Counted): void {
  const { now } = batch
  const box = batch.of(recipient)
  const next = spend(box.spent_until, now, recipient_pace)
  if (next.wait_ms > 0) {
    nameInWaiting(batch, box, delivery, next)
    return
  }
  box.spent_until = next.spent_until
  let wait_ms = 0
  for (const { key, pace } of senders) {
    const allowance = batch.of(key)
    const turn = spend(allowance.spent_until, now, pace)
    allowance.spent_until = turn.spent_until
    wait_ms = Math.max(wait_ms, turn.wait_ms)
  }
  if (wait_ms === 0) {
    batch.sent.push(delivery)
    return
  }
  const send_at = iso(now + wait_ms)
  batch.sent.push({ ...delivery, send_at })
  setDue(batch, delivery, send_at)
}

/** The order's page says when its tickets are mailed; of other news it says nothing. */
function setDue (batch: Batch, { kind, unpaid }: DeliveryToInsert, at: string): void {
  if (kind === 'tickets_issued') batch.due.push({ order_id: unpaid!.link.order_id!, at })
}

/** In the mail that waits, or in a new one that takes the next turn of the letter box. */
function nameInWaiting (
  batch: Batch, box: Allowance, delivery: DeliveryToInsert,
  next: { wait_ms: number, spent_until: number },
): void {
  const { link } = delivery.unpaid!
  let at = box.waiting_id === null ? undefined : batch.waiting.get(box.waiting_id)
  if (at === undefined) {
    at = batch.now + next.wait_ms
    box.spent_until = next.spent_until
    box.waiting_id = uuidv7()
    batch.waiting.set(box.waiting_id, at)
    batch.sent.push(mailOfMany(delivery, box.waiting_id, iso(at)))
  }
  const id = box.waiting_id!
  batch.named.set(id, [...batch.named.get(id) ?? [], link])
  setDue(batch, delivery, iso(at))
}

function mailOfMany (delivery: DeliveryToInsert, id: string, send_at: string): DeliveryToInsert {
  const t = translator(delivery.locale)
  return {
    ...delivery, id, send_at, dedupe_key: `several ${id}`, subject: t('several.title'),
    // It is the letter box's, not that of the account whose order came first.
    user_id: null,
    attach_order_id: null,
    content: {
      title: t('several.title'), paragraphs: [t('several.body'), t('several.stranger')], facts: [],
      footer: t('footer.order'),
    },
  }
}
