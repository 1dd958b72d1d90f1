import { expect, test } from 'vitest'
import { arrivalOf, createBuyer, type Offer } from './buyer.ts'
import type { CrowdResult } from './crowd-job.ts'
import { capacityOf, openNow, resize, type CopiedEvent, type CopiedType } from './event-copy.ts'
import { findBottleneck, findFaults } from './judge.ts'
import type { Observation } from './observe.ts'
import { readOptions } from './options.ts'
import { createScreen } from './screen.ts'
import { confirm, search, type Trial } from './search.ts'

/** The parts of a rehearsal that decide something, without any server. */

const offers: Offer[] = [
  { ticket_type_id: 'seat', weight: 90, least: 1, most: 10 },
  { ticket_type_id: 'pair', weight: 10, least: 2, most: 2 },
]

const crowdOf = (seed: number) =>
  Array.from({ length: 2000 }, (_, number) => createBuyer(seed, number, offers))

test('createBuyer: the same seed brings the same buyers, another brings others', () => {
  expect(crowdOf(7)).toEqual(crowdOf(7))
  expect(crowdOf(8)).not.toEqual(crowdOf(7))
})

test('createBuyer: every intention occurs, quantities fit the kind, and nobody shares an address', () => {
  const crowd = crowdOf(7)
  expect(new Set(crowd.map(buyer => buyer.intention)))
    .toEqual(new Set(['look', 'abandon', 'cancel', 'be_declined', 'pay']))
  expect(crowd.some(buyer => buyer.loses_answer)).toBe(true)
  expect(new Set(crowd.map(buyer => buyer.address)).size).toBe(crowd.length)
  const pairs = crowd.filter(buyer => buyer.offer.ticket_type_id === 'pair')
  expect(pairs.length / crowd.length).toBeCloseTo(0.1, 1)
  for (const { quantity } of pairs) expect(quantity).toBe(2)
})

test('arrivalOf: half come in the first sixth, everybody in order and before the end', () => {
  const moments = Array.from({ length: 1000 }, (_, number) => arrivalOf(number, 1000))
  expect(moments).toEqual(moments.toSorted((a, b) => a - b))
  expect(moments.filter(moment => moment < 1 / 6).length).toBe(500)
  expect(moments.at(-1)).toBeLessThan(1)
})

const kind = (capacity: number, pools: string[] = []): CopiedType => ({
  name: 'Seat', price_minor: 1000, capacity, pricing: 'fixed', tiers: [], min_per_order: 1,
  max_per_order: 10, max_per_buyer: null, pools,
})

const eventOf = (
  types: CopiedType[], ticket_capacity: number | null = null, pools: CopiedEvent['pools'] = []
): CopiedEvent => ({
  types, pools, room: null,
  event: {
    title: 'A play', description: 'Of words.', category: 'theatre', timezone: 'Europe/Paris',
    currency: 'EUR', ticket_capacity, starts_at: '2020-01-01T20:00:00.000Z',
    ends_at: '2020-01-01T22:00:00.000Z', venue: { name: 'Hall', address: '1', city: 'L', country: 'FR' },
  },
})

test('resize: a copy has as many tickets as asked for, however they are divided', () => {
  const shapes = [
    eventOf([kind(100)]), eventOf([kind(50), kind(40)], 80), eventOf([kind(33), kind(33), kind(1)]),
    eventOf([kind(60, ['Room']), kind(60, ['Room']), kind(7)], null, [{ name: 'Room', capacity: 80 }]),
  ]
  for (const shape of shapes) {
    for (const tickets of [1, 7, 50, 5000]) {
      const copy = resize(shape, tickets)
      expect(capacityOf(copy)).toBe(tickets)
      expect(copy.types.length).toBe(shape.types.length)
    }
  }
})

test('openNow: an event of the past begins tomorrow and sells at once', () => {
  const now = Date.now()
  const copy = openNow(eventOf([{ ...kind(5), sales_start: '2999-01-01T00:00:00.000Z' }]), now)
  expect(Date.parse(copy.event.starts_at)).toBeGreaterThan(now)
  expect(Date.parse(copy.event.ends_at) - Date.parse(copy.event.starts_at)).toBe(2 * 3_600_000)
  expect(copy.types[0]!.sales_start).toBe(null)
})

/** A machine that serves so many a minute, and now and then has a bad moment. */
function machineOf (limit: number, bad_trials: number[] = []) {
  let trials = 0
  return async (per_minute: number): Promise<Trial> => ({
    per_minute, faults: per_minute > limit || bad_trials.includes(++trials) ? ['slow'] : [],
  })
}

const always = () => false

test('search: comes close to what a machine can do, from below', async () => {
  for (const limit of [200, 1000, 4321, 60_000]) {
    const { served, broken } = await search(machineOf(limit), always)
    expect(served!.per_minute).toBeLessThanOrEqual(limit)
    expect(served!.per_minute).toBeGreaterThan(limit * 0.85)
    expect(broken!.per_minute).toBeGreaterThan(limit)
  }
})

test('search: one bad moment does not decide, and a machine that serves nobody is called so', async () => {
  const { served } = await search(machineOf(4000, [1, 4]), always)
  expect(served!.per_minute).toBeGreaterThan(3400)
  const nothing = await search(machineOf(0), always)
  expect(nothing.served).toBe(null)
  expect(nothing.trials.length).toBeLessThanOrEqual(18)
})

test('confirm: three quarters of what was served, and less when that is not true for longer', async () => {
  const served = { per_minute: 4000, faults: [] }
  expect((await confirm(served, machineOf(4000), always)).safe!.per_minute).toBe(3000)
  expect((await confirm(served, machineOf(2500), always)).safe!.per_minute).toBe(2400)
  expect(await confirm(served, machineOf(10), always)).toMatchObject({ safe: null })
})

const calm: Observation = {
  seconds: 1, server_loop: 0.3, server_cpu: 0.3, database_cpu: 0.2, machine: 0.4, cores: 2,
  others: 0, lock_waits: 0, disk_waits: 0,
}
const slow = { count: 9, p50_ms: 1, p90_ms: 1, p95_ms: 1, p99_ms: 400, p999_ms: 400, max_ms: 400 }
const nobody = {
  came: 9, finished: 9, waiting: 0, held: 0, tickets_held: 0, paid: 0, sold_out: 0, turned_away: 0,
  looked: 0, abandoned: 0, canceled: 0, declined: 0, repeated: 0, unheard: 0, failed: 0,
  still_waiting: 0, ran_out: 0,
}
const crowd: CrowdResult = {
  counts: nobody, order_ids: [], latency: { hold: slow }, statuses: {}, late_ms: 0, took_ms: 1,
  cpu_share: 0.2, event_loop_share: 0.2,
}

test('findFaults: names what was slow, who was turned away and who had no answer', () => {
  expect(findFaults(crowd)).toEqual(['holds take 400\u00a0ms'])
  expect(findFaults({ ...crowd, latency: {} })).toEqual([])
  expect(findFaults({ ...crowd, latency: {}, statuses: { 'hold 503': 3, 'hold 201': 9 } }))
    .toEqual(['3 turned away'])
  expect(findFaults({ ...crowd, latency: {}, counts: { ...nobody, failed: 1 } }))
    .toEqual(['1 without a proper answer'])
})

test('findBottleneck: says what was at its limit, and the load itself before all else', () => {
  const what = (seen: Partial<Observation>, result: Partial<CrowdResult> = {}) =>
    findBottleneck({ ...crowd, ...result }, { ...calm, ...seen }).what
  expect(what({ server_loop: 0.97 }, { event_loop_share: 0.95 })).toBe('load')
  expect(what({ server_loop: 0.97 })).toBe('loop')
  expect(what({ server_loop: 0.97, lock_waits: 0.5 })).toBe('locks')
  expect(what({ machine: 0.98 })).toBe('processors')
  expect(what({ database_cpu: 1.9 })).toBe('database')
  expect(what({ disk_waits: 0.6 })).toBe('disk')
  expect(what({}, { statuses: { 'hold 503': 4 } })).toBe('queue')
  expect(what({})).toBe('unknown')
  expect(what({ machine: 0.98, others: 1.2 })).toBe('others')
  expect(findBottleneck(crowd, { ...calm, machine: 0.98, others: 0.5 }).words)
    .toContain('other programs 50\u00a0%')
})

test('readOptions: what cannot be meant is answered in words, with an example', () => {
  const wrong = (...args: string[]) => {
    try {
      readOptions(args, 1)
    } catch (error) {
      return (error as Error).message
    }
    return 'accepted'
  }
  expect(wrong('--byers', '3')).toContain('There is no --byers.')
  expect(wrong('--buyers', 'many')).toContain('such as --buyers 20000; "many" is not one')
  expect(wrong('--buyers', '2.5')).toContain('wants a whole number')
  expect(wrong('--tickets', '0')).toContain('from 1 to 1,000,000')
  expect(wrong('--minutes', '600')).toContain('--minutes wants a number')
  expect(wrong('300')).toContain('"300" stands alone')
  expect(wrong('--buyers')).toContain('--buyers is not usable')
  expect(readOptions(['--buyers', '20,000', '--minutes', '0.5', '--with-queue'], 5)).toEqual({
    buyers: 20_000, tickets: null, event: null, minutes: 0.5, with_queue: true, seed: 5,
    force: false,
  })
  expect(readOptions(['--help'], 1)).toBe(null)
})

test('createScreen: a terminal gets one line that changes, a log only lines that stay', () => {
  const write = (isTTY: boolean) => {
    let text = ''
    const screen = createScreen({ isTTY, columns: 60, write: part => { text += part } }, undefined)
    screen.say('begin')
    screen.progress('1 of 9')
    screen.progress(`2 of 9 ${'x'.repeat(100)}`)
    screen.say(screen.good('done'))
    return text
  }
  expect(write(false)).toBe('  begin\n  done\n')
  const terminal = write(true)
  expect(terminal).toContain('\r\x1b[2K')
  expect(terminal).toContain('\x1b[32mdone\x1b[0m')
  for (const line of terminal.split(/[\r\n]/)) expect(line.length).toBeLessThanOrEqual(60 + 10)
})
