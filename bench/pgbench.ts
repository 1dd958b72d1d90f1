import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createPool } from '@fermata/platform/database'
import type { Product } from './product.ts'

/**
 * B1: what a shop does that takes stock with one statement for each buyer, each in a transaction of
 * its own, all of the same row. By pgbench where it is installed, else by our own driver.
 */
export interface Holds {
  tool: string
  /** One timed run. @throws when rows, counter and commits do not agree */
  run (clients: number, seconds: number): Promise<number>
  stop (): Promise<void>
}

const hold = `with taken as (
  update bench.stock set held = held + 1 where id = 1 and held < capacity returning id
) insert into bench.holds (stock_id, quantity) select id, 1 from taken`

const tables = ['create schema if not exists bench', `
  create table if not exists bench.stock (id integer primary key, capacity bigint not null,
    held bigint not null check (held <= capacity)) with (fillfactor = 20)`, `
  create table if not exists bench.holds (id bigint generated always as identity primary key,
    stock_id integer not null, quantity integer not null,
    created_at timestamptz not null default now())`]

const emptied = [
  'truncate bench.stock, bench.holds restart identity',
  'insert into bench.stock values (1, 1000000000, 0)',
]

const run = promisify(execFile)

export async function prepareHolds ({ database_url, pool }: Product): Promise<Holds> {
  const version = await run('pgbench', ['--version']).then(({ stdout }) => stdout.trim(), () => null)
  for (const statement of tables) await pool.query(statement)
  const folder = await mkdtemp(join(tmpdir(), 'fermata-pgbench-'))
  const script = join(folder, 'hold.sql')
  await writeFile(script, `${hold};\n`)

  async function checked (measure: () => Promise<{ commits: number, per_second: number }>) {
    for (const statement of emptied) await pool.query(statement)
    const { commits, per_second } = await measure()
    const { rows: [row] } = await pool.query<{ held: number, rows: number }>(
      'select held, (select count(*) from bench.holds) as rows from bench.stock')
    if (row!.held !== commits || row!.rows !== commits) {
      throw new Error(`The control's sums do not agree: ${commits} commits, ${JSON.stringify(row)}`)
    }
    return per_second
  }

  return {
    tool: version ?? 'the same statement by node-postgres, because pgbench is not installed',
    run: (clients, seconds) => checked(() => version
      ? byPgbench(database_url, script, clients, seconds)
      : byDriver(database_url, clients, seconds)),
    stop: () => rm(folder, { recursive: true, force: true }),
  }
}

async function byPgbench (url: string, script: string, clients: number, seconds: number) {
  const { stdout } = await run('pgbench', ['-n', '-M', 'prepared', '-f', script,
    '-c', String(clients), '-j', '1', '-T', String(Math.max(1, Math.round(seconds))), url])
  const commits = Number(/actually processed: (\d+)/.exec(stdout)?.[1])
  const per_second = Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
  if (!(commits > 0) || !(per_second > 0)) throw new Error(`pgbench said nothing usable: ${stdout}`)
  return { commits, per_second }
}

async function byDriver (url: string, clients: number, seconds: number) {
  const pool = createPool({ url, max_connections: clients, application_name: 'bench-holds' })
  let commits = 0
  const began = performance.now()
  await Promise.all(Array.from({ length: clients }, async () => {
    const client = await pool.connect()
    while (performance.now() - began < seconds * 1000) {
      await client.query({ name: 'hold', text: hold })
      commits++
    }
    client.release()
  }))
  const per_second = commits / (performance.now() - began) * 1000
  await pool.end()
  return { commits, per_second }
}
