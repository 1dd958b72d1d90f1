import { allServices } from '@fermata/server/services'
import { serviceNames } from '@fermata/contracts/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** The map of personal data against the tables as they are migrated. */

/** What every schema has, and how the platform erases it: see personal-data.ts there. */
const of_platform = new Set([
  'outbox', 'inbox', 'dead_letters', 'idempotency_keys', 'erasures', 'migrations', 'migrations_lock',
])
const keepers = serviceNames.filter(name => name !== 'gateway')

let it: TestSystem

beforeAll(async () => { it = await startTestSystem(Object.values(allServices)) }, 60_000)
afterAll(() => it.stop())

/** Of tables: a view keeps nothing. */
async function columnsOf (schema: string): Promise<Set<string>> {
  const { rows } = await it.context('users').pool.query<{ name: string, table: string }>(`
    select table_name as table, table_name || '.' || column_name as name
      from information_schema.columns join information_schema.tables
           using (table_schema, table_name)
     where table_schema = $1 and table_type = 'BASE TABLE'`, [schema])
  return new Set(rows.filter(row => !of_platform.has(row.table)).map(row => row.name))
}

const mapOf = (schema: typeof keepers[number]) => allServices[schema].personal_data!

test.each(keepers)('%s: every column is personal, or said not to be', async schema => {
  const { tables, impersonal } = mapOf(schema)
  const decided = new Set([
    ...Object.entries(tables).flatMap(([table, { personal, rest }]) =>
      [...Object.keys(personal), ...rest].map(column => `${table}.${column}`)),
    ...Object.entries(impersonal).flatMap(([table, columns]) =>
      columns.map(column => `${table}.${column}`)),
  ])
  const there = await columnsOf(schema)
  // Whoever adds a column decides in services/<name>/personal-data.ts whom it is about, how it is
  // shown to them and what becomes of it when they are erased.
  expect([...there].filter(name => !decided.has(name)), 'nobody decided').toEqual([])
  expect([...decided].filter(name => !there.has(name)), 'gone').toEqual([])
})

test.each(keepers)('%s: what is left after an erasure has its reason in both languages', schema => {
  for (const [name, table] of Object.entries(mapOf(schema).tables)) {
    expect([table.what.en, table.what.fr].every(Boolean), name).toBe(true)
    if (table.erase === 'columns') expect(table.kept?.fr && table.kept.en, name).toBeTruthy()
    for (const { what } of Object.values(table.personal)) {
      expect([what.en, what.fr].every(Boolean), name).toBe(true)
    }
    const names = Object.keys(mapOf(schema).tables)
    for (const owner of table.of) if ('through' in owner) {
      expect(names.indexOf(owner.through), `${name} before ${owner.through}`)
        .toBeGreaterThan(names.indexOf(name))
    }
  }
})
