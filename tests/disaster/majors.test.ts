import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { folderStore, listStored } from '@fermata/server/copies/stored'
import type { Reconciliation } from '@fermata/contracts/reconciliation'
import { serviceNames } from '@fermata/contracts/services'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { eventually, putOnSale } from '../end-to-end/sell.ts'
import { figure, is_whole } from '../proofs/proof.ts'
import {
  bringSecrets, command, keepSecrets, killEverything, makeInstallation, must, organizerOf,
  removeInstallation, start, type Installation,
} from './installation.ts'
import { readHolding, withDatabases } from './judge.ts'
import { startOlderPostgres, why_no_older_postgres, type OlderPostgres } from './older-postgres.ts'
import { startRush } from './rush.ts'
import { compareTables, tablesOf } from './tables.ts'

const major = `select current_setting('server_version_num')::int / 10000 as answer`

const waiting = `select (${serviceNames.filter(name => name !== 'gateway').map(name =>
  `(select count(*) from ${name}.outbox where sent_at is null)`).join(' + ')}) as answer`

/** A copy is the way to a newer major version of PostgreSQL. */

if (is_whole && why_no_older_postgres) console.log(`Left out: ${why_no_older_postgres}`)

let it: Installation | undefined
let older: OlderPostgres | undefined
afterEach(async () => {
  if (it) await removeInstallation(it)
  await older?.stop()
})

async function answerOf (url: string, question: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return Number((await client.query<{ answer: string }>(question)).rows[0]!.answer)
  } finally {
    await client.end()
  }
}

const is_tried = is_whole && !why_no_older_postgres

test.runIf(is_tried)('R18: a copy of PostgreSQL 15 is restored on the one that npm brings', async () => {
  older = await startOlderPostgres()
  it = await makeInstallation('one')
  const elsewhere = { DATABASE_URL: older.url }
  const url = await start(it, elsewhere)
  await keepSecrets(it)
  const { event, ticket_type } = await putOnSale(await organizerOf(it, url), { capacity: 5000 })
  const rush = startRush({ port: Number(new URL(url).port), event_id: event.id,
    ticket_type_id: ticket_type.id, run: 'majors', connections: 8, per_second: 100, pays_each: 2 })
  const sold = 'select sold as answer from orders.pools order by sold desc limit 1'
  await eventually(async () => await answerOf(older!.url, sold) > 10, 'some tickets')
  const { orders } = await rush.end()
  await eventually(async () => await answerOf(older!.url, waiting) === 0, 'all to be told', 120_000)
  await must(command(it, 'backup', ['--to', it.copies], elsewhere))
  await killEverything(it)
  const [{ manifest } = { manifest: null }] = await listStored(folderStore(it.copies))

  const newer = { ...it, data: join(it.data, 'newer') }
  await mkdir(newer.data, { mode: 0o711 })
  await bringSecrets(it, newer.data)
  await must(command(newer, 'restore', ['--from', it.copies, '--yes']))
  const again = join(it.outside, 'again')
  await must(command(newer, 'backup', ['--to', again]))
  await start(newer)
  const { output } = await command(
    newer, 'verify', ['--json', '--older-than', '10', '--settle', '5'])

  const { mismatches, unanswered } = JSON.parse(output) as Reconciliation
  const before = orders.filter(({ at_ms }) => at_ms < Date.parse(manifest!.taken_at))
  const tables = await tablesOf(it.copies)
  const { changed, wrong } = compareTables(tables, await tablesOf(again))
  const there = await readHolding(newer, ticket_type.id)
  figure('R18', `${tables.size} tables of PostgreSQL ${await answerOf(older.url, major)} on ` +
    `PostgreSQL ${await withDatabases(newer, async ask =>
      (await ask<{ answer: number }>('orders', major))[0]!.answer)}: ` +
    `${tables.size - changed.length} alike, ${wrong.length} others than a restore changes on ` +
    `purpose; ${before.length} orders acknowledged before, all there and whole`)
  expect(before.length).toBeGreaterThan(5)
  expect(before.filter(({ id }) => !there.orders.has(id))).toEqual([])
  expect(wrong).toEqual([])
  expect({ mismatches, unanswered }).toEqual({ mismatches: [], unanswered: [] })
})
