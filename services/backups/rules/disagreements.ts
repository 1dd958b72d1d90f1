import type { MismatchKind, StatementLine } from '@fermata/contracts/reconciliation'

/** What has to agree, and what is wrong where it does not: one table, two kinds of rows. */

export type Figures = StatementLine['figures']

/** One thing that is wrong, in figures. */
export interface Finding { kind: MismatchKind, detail: string }

/**
 * Lines about one thing, as several services state them; undefined where one knows nothing of it.
 */
export type Stated = Readonly<Record<string, Figures | undefined>>

export interface Comparison {
  /** Lists in the order of the same ids. */
  lists: readonly string[]
  judge: (stated: Stated) => Finding[]
}

/**
 * What waits for its turn may wait longer than what follows at once: a rush of ten thousand orders
 * is ten thousand mails.
 */
export const patience: Partial<Record<MismatchKind, number>> = {
  mail_overdue: 15, event_waiting: 5, payment_undecided: 60,
}

type Check = (own: Figures) => Finding | null | false

/** A list that says by itself what is wrong. */
const alone = (list: string, ...checks: Check[]): Comparison => ({
  lists: [list],
  judge: stated => {
    const own = stated[list]
    return own ? checks.map(check => check(own)).filter(found => !!found) : []
  },
})

const number = (figures: Figures | undefined, name: string) => Number(figures?.[name] ?? 0)

/** A finding that names the figures it was made of. */
const found = (kind: MismatchKind, figures: Figures, names: readonly string[]): Finding => ({
  kind, detail: names.map(name => `${name} ${String(figures[name] ?? 'none')}`).join(', '),
})

const differ = (kind: MismatchKind, ...pairs: [is: string, should: string][]): Check =>
  own => pairs.some(([is, should]) => own[is] !== own[should]) && found(kind, own, pairs.flat())

/** Every line of the list is one too many. */
const always = (kind: MismatchKind, ...names: string[]): Check => own => found(kind, own, names)

export const comparisons: readonly Comparison[] = [
  alone('orders.pools',
    own => number(own, 'held') + number(own, 'sold') > number(own, 'capacity') &&
      found('pool_oversold', own, ['capacity', 'held', 'sold']),
    differ('pool_miscounted', ['held', 'held_by_orders'], ['sold', 'sold_by_orders'])),
  alone('orders.promo_codes', differ('promo_code_miscounted', ['used', 'used_by_orders'])),
  alone('orders.ended_holds', always('hold_past_end', 'status', 'expires_at')),
  alone('payments.payments',
    differ('payment_not_posted', ['captured_minor', 'posted_minor'],
      ['refunded_minor', 'promised_minor'], ['promised_minor', 'posted_promised_minor'],
      ['returned_minor', 'posted_returned_minor']),
    own => own.provider_minor !== null && differ('provider_disagrees',
      ['captured_minor', 'provider_minor'], ['returned_minor', 'provider_returned_minor'])(own),
    own => own.is_overdue === true && found('payment_undecided', own, ['status', 'asks'])),
  alone('payments.ledger',
    own => (own.debit_minor !== own.credit_minor || own.currencies !== 1) &&
      found('ledger_unbalanced', own, ['debit_minor', 'credit_minor', 'currencies'])),
  alone('tickets.orders',
    own => own.admitted_twice !== null && found('ticket_admitted_twice', own, ['admitted_twice']),
    differ('admission_miscounted', ['used', 'admitted'])),
  alone('expiration.due', always('deadline_overdue', 'kind', 'due_at')),
  alone('notifications.due', always('mail_overdue', 'channel', 'kind', 'attempts')),
  { lists: ['orders.orders', 'payments.orders', 'tickets.orders', 'notifications.holders'],
    judge: judgeOrder },
]

/** One order, as the box office, the till, the ticket desk and the mail room state it. */
function judgeOrder (stated: Stated): Finding[] {
  const {
    'orders.orders': order, 'payments.orders': paid, 'tickets.orders': tickets,
    'notifications.holders': holder,
  } = stated
  const findings: Finding[] = []
  const say = (kind: MismatchKind, detail: string) => { findings.push({ kind, detail }) }
  const status = order ? String(order.status) : 'unknown'
  const [total_minor, kept_minor] = [number(order, 'total_minor'), number(paid, 'kept_minor')]
  const [issued, seats] = [number(tickets, 'issued'), number(order, 'seats')]

  if (order && order.total_minor !== order.items_minor) {
    findings.push(found('order_total_differs', order, ['total_minor', 'items_minor']))
  }
  if (number(paid, 'captures') > 1) say('payment_twice', `captures ${number(paid, 'captures')}`)
  if (kept_minor > 0 && status !== 'completed') {
    say('payment_without_order', `order ${status}, kept_minor ${kept_minor}`)
  }
  if (number(paid, 'captures') > 0 && order &&
    (paid!.amount_minor !== total_minor || paid!.currency !== order.currency)) {
    say('payment_amount_differs', `captured ${paid!.amount_minor} ${paid!.currency}, ` +
      `order ${total_minor} ${String(order.currency)}`)
  }
  if (status === 'completed') {
    if (total_minor > 0 && kept_minor === 0) {
      say('order_without_payment', `total_minor ${total_minor}, kept_minor 0`)
    }
    if (issued < seats) say('order_without_tickets', `seats ${seats}, issued ${issued}`)
    // Nobody is told any more what an erased buyer had.
    const was_told = holder ? number(holder, 'tickets') === issued : order!.is_erased === true
    if (issued > 0 && !was_told) {
      say('order_without_mail', `issued ${issued}, told of ${number(holder, 'tickets')}`)
    }
  } else if (number(tickets, 'active') > 0) {
    say('ticket_without_order', `order ${status}, active tickets ${number(tickets, 'active')}`)
  }
  if (order && issued > seats) say('ticket_doubled', `seats ${seats}, issued ${issued}`)
  return findings
}
