import type { Side } from './bench.ts'
import { cpuSecondsOf, type Product } from './product.ts'

/** What something costs, however fast the machine happens to be: steadier than any rate. */

export interface Meter { node_s: number, postgresql_s: number, wal_bytes: number }

/** Reads the meters of the server and its database; null where the system does not tell. */
export async function readMeter ({ pid, pool }: Product): Promise<Meter | null> {
  const node_s = cpuSecondsOf(pid)
  if (node_s === null) return null
  const { rows } = await pool.query<{ pid: number, wal_bytes: number }>(`
    select pid, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal_bytes
      from pg_stat_activity`)
  const postgresql_s = rows.reduce((sum, row) => sum + (cpuSecondsOf(row.pid) ?? 0), 0)
  return { node_s, postgresql_s, wal_bytes: rows[0]!.wal_bytes }
}

export interface Cost { node_us: number, postgresql_us: number, wal_kb: number }

/** What each of `count` cost between two readings. */
export const costOf = (before: Meter, after: Meter, count: number): Cost => ({
  node_us: (after.node_s - before.node_s) * 1e6 / count,
  postgresql_us: (after.postgresql_s - before.postgresql_s) * 1e6 / count,
  wal_kb: (after.wal_bytes - before.wal_bytes) / 1024 / count,
})

/** Costs of all rounds as sides of a goal; none where they were not told. */
export function costSides (costs: readonly (Cost | null)[]): Side[] {
  const known = costs.filter(cost => cost !== null)
  if (known.length < costs.length || known.length === 0) return []
  return [
    { name: 'Node, an order', unit: 'µs CPU', values: known.map(cost => cost.node_us) },
    { name: 'PostgreSQL, an order', unit: 'µs CPU', values: known.map(cost => cost.postgresql_us) },
    { name: 'write-ahead log, an order', unit: 'kB', values: known.map(cost => cost.wal_kb) },
  ]
}
