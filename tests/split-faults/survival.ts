import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@fermata/contracts/client'
import { placeOrder } from '@fermata/contracts/orders'
import type { Split } from '@fermata/server/split/start-split'
import { expect } from 'vitest'
import { buyer, putOnSale, signIn } from '../end-to-end/sell.ts'
import { seeded, startCrowd, type Told } from './crowd.ts'
import { flawless, openOracle, type Oracle, type Verdict } from './oracle.ts'

export const tickets_within_ms = 10_000
export const fault_ms = Number(process.env.SPLIT_FAULT_SECONDS ?? 2) * 1000
/** Longer than it may take, so that a failure tells how late it was. */
const patience_ms = 6 * tickets_within_ms

/** What the crowd was told so far, of which event. */
export interface Scene { history: Told[], event_id: string, ticket_type_id: string }

/** @returns when it was over, by `performance.now()`; nothing: when all processes serve again */
export type Fault = (scene: Scene) => Promise<number | void>

export interface Outcome {
  verdict: Verdict
  history: Told[]
  sale: { event_id: string, ticket_type_id: string }
  /** From healing to the last ticket of those who were told of their payment before. */
  late_ms: number
}

export interface Survival {
  seed: number
  random: () => number
  oracle: Oracle
  callAs: (token?: string) => ReturnType<typeof createClient>['call']
  openSale: (capacity?: number) => Promise<Outcome['sale']>
  /** Lets a crowd buy, brings the fault about, and compares what is left with what they were told. */
  bring: (name: string, fault: Fault, most_ms?: number) => Promise<Outcome>
  /** Brings a fault about as `bring` does, and nothing may be missing or late. */
  check: (name: string, fault: Fault) => Promise<Outcome>
}

/** What the tests of one installation share: its buyers, and whoever checks what they were told. */
export function surviveOn (split: Split): Survival {
  const seed = Number(process.env.SPLIT_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`SPLIT_FAULT_SEED=${seed}`)
  const random = seeded(seed)
  const oracle = openOracle(split)

  const callAs = (token?: string) => createClient({
    base_url: split.url, fetch: (address, init) => fetch(address, init),
    headers: token ? { authorization: `Bearer ${token}` } : {},
  }).call

  async function openSale (capacity = 100_000) {
    const { event, ticket_type } =
      await putOnSale(callAs(await signIn(callAs(), 'eventcreator')), { capacity })
    return { event_id: event.id, ticket_type_id: ticket_type.id }
  }

  /** Asks until everything that was paid is finished. @returns the verdict, and when it came */
  async function finished (event_id: string, history: Told[], since_ms: number, most_ms: number) {
    for (;;) {
      const verdict = await oracle.ask(event_id, history)
      const after_ms = performance.now() - since_ms
      const open = verdict.not_completed + verdict.without_tickets
      if (open === 0 || after_ms > most_ms) return { verdict, after_ms }
      await sleep(100)
    }
  }

  const bring: Survival['bring'] = async (name, fault, most_ms = patience_ms) => {
    const sale = await openSale()
    const { event_id } = sale
    const crowd = startCrowd(split.url, sale, random)
    const { history } = crowd
    await sleep(fault_ms)
    const before = history.length
    const over_ms = await fault({ history, ...sale })
    if (over_ms === undefined) await split.ready()
    const healed_ms = over_ms ?? performance.now()
    const told = history.filter(({ paid }) => paid)
    const during = history.length - before
    const stopped = crowd.stop()
    const { after_ms: late_ms } = await finished(event_id, told, healed_ms, most_ms)
    await stopped
    await split.ready()
    // Whoever was answered only now is judged as well.
    const { verdict } = await finished(event_id, history, performance.now(), most_ms)
    console.log(`${name}: ${before} orders before, ${during} during, ${crowd.failures()} requests ` +
      `failed, ${verdict.paid} paid; ${Math.round(late_ms)} ms after healing ` +
      `${verdict.lost} lost, ${verdict.without_tickets} without tickets`)
    return { verdict, history, sale, late_ms }
  }

  const check: Survival['check'] = async (name, fault) => {
    const outcome = await bring(name, fault)
    const { verdict, late_ms, sale } = outcome
    expect(verdict.paid, 'a crowd that buys nothing proves nothing').toBeGreaterThan(0)
    expect(verdict, `seed ${seed}`).toMatchObject(flawless)
    expect(late_ms, `seed ${seed}`).toBeLessThan(tickets_within_ms)
    const again = await callAs()(placeOrder, { body: { event_id: sale.event_id, buyer: buyer(),
      items: [{ ticket_type_id: sale.ticket_type_id, quantity: 1 }] } })
    expect(again.status).toBe(201)
    return outcome
  }

  return { seed, random, oracle, callAs, openSale, bring, check }
}
