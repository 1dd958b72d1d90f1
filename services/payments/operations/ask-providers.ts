import type { Provider } from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import type { Ctx } from '../context.ts'
import type { ChargeOutcome } from '../provider.ts'
import { insertLedgerEntries } from '../queries/ledger.ts'
import { claimDuePayments, type DuePayment } from '../queries/payments.ts'
import { claimDueRefunds, markRefundsPaid } from '../queries/refunds.ts'
import { entriesOf } from '../rules/ledger.ts'
import { settlePayments } from './settle-payments.ts'

/** As many as one transaction settles well within a statement's time limit. */
const batch_size = 500
/** How long the tables are left alone while payments come, unless somebody says otherwise. */
const look_again_ms = 250

/**
 * Asks providers about everything that is due: payments just started, those they had not decided,
 * those whose outcome got lost between their answer and our commit, and refunds on their way. One
 * loop for all of it, because the same key makes asking again and asking for the first time the
 * same.
 */
export async function askProviders (ctx: Ctx): Promise<void> {
  const { justStarted, tables } = ctx.resources
  for (;;) {
    const own = justStarted.take(batch_size)
    if (own.length > 0) await charge(ctx, own)
    // Whoever has just paid does not wait while it is asked, for each before, what else is due.
    if (performance.now() < tables.look_at_ms) {
      if (justStarted.hasMore()) continue
      return
    }
    tables.look_at_ms = performance.now() + look_again_ms
    const charged = await chargeDue(ctx)
    const refunded = await refundDue(ctx)
    if (charged < batch_size && refunded < batch_size) return
    // More is due than one look took.
    tables.look_at_ms = 0
  }
}

/** Those that are due in the table. */
async function chargeDue (ctx: Ctx): Promise<number> {
  const due = await ctx.transaction(tx => claimDuePayments(tx, batch_size))
  await charge(ctx, due)
  return due.length
}

async function charge (ctx: Ctx, due: DuePayment[]): Promise<void> {
  for (const [name, rows] of Map.groupBy(due, row => row.provider)) {
    await ctx.tracing.batch(traced, rows, () => chargeAt(ctx, name, rows))
  }
}

const traced = { service: 'payments', name: 'charge', kind: 'internal' as const }

async function chargeAt (ctx: Ctx, name: Provider, rows: DuePayment[]): Promise<void> {
  const answers = await ask(ctx, name, provider => provider.charge(rows.map(row =>
    ({ ...row, key: row.provider_key }))))
  if (!answers) return
  const outcomes = new Map<string, ChargeOutcome>()
  for (const { id, provider_key } of rows) {
    const outcome = answers.get(provider_key)
    if (outcome) outcomes.set(id, outcome)
  }
  await ctx.transaction(tx => settlePayments(ctx, tx, outcomes))
}

async function refundDue (ctx: Ctx): Promise<number> {
  const due = await ctx.transaction(tx => claimDueRefunds(tx, batch_size))
  for (const [name, rows] of Map.groupBy(due, row => row.provider)) {
    const sent = await ask(ctx, name, provider => provider.refund(rows.map(row =>
      ({ key: row.provider_key, charge_key: row.charge_key, amount_minor: row.amount_minor }))))
    if (!sent) continue
    await ctx.transaction(async tx => {
      const ids = rows.flatMap(row => sent.has(row.provider_key) ? [row.id] : [])
      const paid = new Set((await markRefundsPaid(tx, ids)).map(row => row.id))
      const postings = rows.filter(row => paid.has(row.id)).map(row => ({
        transaction_id: uuidv7(), payment_id: row.payment_id, kind: 'refund_paid' as const,
        amount_minor: row.amount_minor, currency: row.currency }))
      await insertLedgerEntries(tx, entriesOf(postings))
    })
  }
  return due.length
}

/**
 * A provider that cannot be reached leaves the outcome open: undefined, and it is asked again in a
 * while.
 */
async function ask<T> (
  ctx: Ctx, name: Provider, question: (provider: Ctx['resources']['providers'][Provider]) => Promise<T>
): Promise<T | undefined> {
  try {
    return await question(ctx.resources.providers[name])
  } catch (error) {
    ctx.log.warn({ err: error, provider: name }, 'the provider gave no answer')
    return undefined
  }
}
