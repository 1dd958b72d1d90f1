import { setTimeout as sleep } from 'node:timers/promises'
import { restoreCopy } from '@fermata/server/copies/restore-copy'
import { folderStore, keysIn, listStored, openStored } from '@fermata/server/copies/stored'
import { findDatabases } from '@fermata/server/find-databases'
import type { Reconciliation } from '@fermata/contracts/reconciliation'
import { serviceNames } from '@fermata/contracts/services'
import { afterEach, expect, test } from 'vitest'
import { eventually, putOnSale } from '../end-to-end/sell.ts'
import { atScale, figure, is_whole } from '../proofs/proof.ts'
import {
  bringSecrets, command, keepSecrets, killEverything, loseEverything, makeInstallation, must,
  organizerOf, readSecrets,
  removeInstallation, start, type Installation, type Shape,
} from './installation.ts'
import { countWaiting, findBroken, findHalves, readHolding } from './judge.ts'
import { slowestOf, startRush, type RushReport } from './rush.ts'

/** A copy is made in the middle of a rush, then the machine is gone. */

/** Before the copy, and again after it. */
const half_of_rush_ms = atScale(3, 12) * 1000
const per_second = 1000
/** A purchase to its end costs hundreds of times what an order does; a rush is one of orders. */
const pays_each = atScale(5, 50)
const settled_within_ms = 300_000

const names: Record<Shape, string> = { one: 'one process', split: 'ten services' }
let it: Installation | undefined
afterEach(async () => { if (it) await removeInstallation(it) })

interface Sold { told: RushReport, ticket_type_id: string, copy_ms: number, slowest_ms: number }

/** Sells, copies meanwhile, and ends with every process killed while buyers wait for answers. */
async function sellAndCopy (it: Installation, copies: () => Promise<unknown>): Promise<Sold> {
  const url = await start(it)
  await keepSecrets(it)
  const organizer = await organizerOf(it, url)
  // Of ten services that have just started some do not know yet who signs.
  const { event, ticket_type } = await eventually(
    () => putOnSale(organizer, { capacity: 5_000_000 }).catch(() => null),
    'tickets on sale', 60_000)
  const rush = startRush({
    port: Number(new URL(url).port), event_id: event.id, ticket_type_id: ticket_type.id,
    run: it.shape, connections: 64, per_second, pays_each })
  await sleep(half_of_rush_ms)
  const began = Date.now()
  await copies()
  const ended = Date.now()
  await sleep(half_of_rush_ms)
  await killEverything(it)
  const told = await rush.end()
  return { told, ticket_type_id: ticket_type.id, copy_ms: ended - began,
    slowest_ms: slowestOf(told, began, ended) }
}

/**
 * @returns what `npm run verify` says once every event was told; mails may still be on their way
 */
async function startAndVerify (it: Installation): Promise<Reconciliation> {
  await start(it)
  await eventually(
    async () => await countWaiting(it) === 0, 'every event to be told', settled_within_ms)
  const { output } = await command(it, 'verify', ['--json', '--older-than', '10', '--settle', '2'])
  return JSON.parse(output) as Reconciliation
}

const shapeWords = (shape: Shape) => shape === 'split' ? ['--split'] : []

const newest = async (folder: string) => {
  const all = (await listStored(folderStore(folder))).flatMap(({ manifest }) => manifest ?? [])
  return all.toSorted((a, b) => b.taken_at.localeCompare(a.taken_at))[0]!
}

/** All copies there are, without the catching up and mending that the command does. */
async function restoreOnly ({ data, copies }: Installation): Promise<void> {
  const store = folderStore(copies)
  const { BACKUP_KEY } = await readSecrets({ data })
  const { urls, stop } = await findDatabases({}, data, 'one', true)
  try {
    for (const { id } of await listStored(store)) {
      const stored = await openStored(store, keysIn(BACKUP_KEY!), id)
      const { parts } = stored.manifest
      await restoreCopy({ store, stored, parts, endings: [], urlOf: name => urls.get(name)! })
    }
  } finally {
    await stop()
  }
}

for (const shape of ['one', 'split'] as const) {
  const is_tried = shape === 'one' || is_whole
  test.runIf(is_tried)(`R18: a copy in a rush, the disk gone, one command: ${names[shape]}`, async () => {
    it = await makeInstallation(shape)
    const { copies } = it
    const sold = await sellAndCopy(it, () => must(command(it!, 'backup', ['--to', copies])))
    await loseEverything(it)
    await bringSecrets(it)

    await must(
      command(it, 'restore', ['--from', copies, '--yes', ...shapeWords(shape)]))

    const { mismatches, unanswered } = await startAndVerify(it)
    const { taken_at, parts } = await newest(copies)
    const moment_ms = Date.parse(taken_at)
    const holding = await readHolding(it, sold.ticket_type_id)
    const { orders } = sold.told
    const before = orders.filter(({ at_ms }) => at_ms < moment_ms).length
    const tickets = [...holding.tickets.values()].reduce((sum, one) => sum + one, 0)
    const rows = parts.reduce((sum, part) => sum + part.rows, 0)
    figure('R18', `${names[shape]}: ${orders.length} orders acknowledged in ` +
      `${sold.told.seconds.toFixed(0)} s (${Math.round(orders.length / sold.told.seconds)}/s of ` +
      `${per_second}/s asked, one of ${pays_each} paid), copied in ${sold.copy_ms} ms meanwhile (slowest ` +
      `order then ${Math.round(sold.slowest_ms)} ms), killed and wiped; ${rows} rows restored ` +
      `and started: of ${before} orders acknowledged before the moment ` +
      `${findBroken(orders, moment_ms, holding).length} lost or changed, ` +
      `${findHalves(holding).length} of ${holding.orders.size} there by half, ` +
      `${mismatches.reduce((sum, one) => sum + one.count, 0)} mismatches, ` +
      `${holding.pool.sold} sold and ${tickets} tickets`)
    expect(before).toBeGreaterThan(500)
    expect(findBroken(orders, moment_ms, holding)).toEqual([])
    expect(findHalves(holding)).toEqual([])
    expect({ mismatches, unanswered }).toEqual({ mismatches: [], unanswered: [] })
  })
}

test('R18: control: services copied at different moments are found to disagree', async () => {
  it = await makeInstallation('one')
  const { copies } = it
  const later = ['payments', 'tickets', 'notifications']
  const sooner = serviceNames.filter(name => !later.includes(name))
  const sold = await sellAndCopy(it, async () => {
    for (const services of [sooner, later]) {
      await must(command(it!, 'backup', ['--to', copies, '--services', services.join()]))
    }
  })
  await loseEverything(it)
  await bringSecrets(it)
  await restoreOnly(it)

  const { output } = await command(it, 'verify', ['--json', '--settle', '0', '--older-than', '0'])

  const { mismatches } = JSON.parse(output) as Reconciliation
  const halves = new Set(findHalves(await readHolding(it, sold.ticket_type_id))
    // What no event can mend any more.
    .filter(line => line.endsWith('is not there')))
  const lost = mismatches.find(({ kind }) => kind === 'payment_without_order')!
  figure('R18', `control, orders copied before payments and tickets: payments of ` +
    `${halves.size} orders that are not there; verify counts ${lost.count} payments without one`)
  expect(halves.size).toBeGreaterThan(10)
  expect(lost.count).toBeGreaterThan(10)
})
