import { pipeline } from 'node:stream/promises'
import { serviceNames } from '@fermata/contracts/services'
import { createDatabase, createPool } from '@fermata/platform/database'
import { migrate } from '@fermata/platform/migrate'
import { allServices } from '@fermata/server/services'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

/** What COPY out of one database and into another takes: nothing is checked or hidden. */

/** Empty tables of this version, without foreign keys: nothing puts rows in order. */
export async function makeEmptyTables (url: string): Promise<void> {
  for (const service of serviceNames) {
    const db = createDatabase(
      createPool({ url, max_connections: 1, application_name: 'raw' }))
    await migrate(db, service, allServices[service].migrations)
    await db.destroy()
  }
  await withClient(url, async client => {
    const { rows } = await client.query<{ statement: string }>(`
      select format('alter table %s drop constraint %I', conrelid::regclass, conname) as statement
        from pg_constraint where contype = 'f' and connamespace = any($1::regnamespace[])`,
    [serviceNames])
    for (const { statement } of rows) await client.query(statement)
  })
}

async function withClient<T> (url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Every table of every service, one after the other. @returns milliseconds */
export const copyRaw = (source: string, target: string): Promise<number> =>
  withClient(source, from => withClient(target, async to => {
    const { rows: tables } = await from.query<{ name: string, columns: string }>(`
      select c.oid::regclass::text as name,
             string_agg(quote_ident(attname), ', ' order by attnum) as columns
        from pg_class c join pg_attribute a on attrelid = c.oid
       where relnamespace = any($1::regnamespace[]) and relkind = 'r'
         and relname not like 'migrations%' and attnum > 0
         and not attisdropped and attgenerated = ''
       group by c.oid`, [serviceNames])
    const began = performance.now()
    for (const { name, columns } of tables) await pipeline(
      from.query(copyTo(`copy ${name} (${columns}) to stdout`)),
      to.query(copyFrom(`copy ${name} (${columns}) from stdin`)))
    return performance.now() - began
  }))
