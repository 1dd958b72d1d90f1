import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { createPool } from '@fermata/platform/database'
import type { Scratch } from './scratch.ts'
import type { Usage } from './scratch-server.ts'

/** What was busy while the buyers were there. Shares are of one processor unless said otherwise. */
export interface Observation {
  seconds: number
  server_loop: number
  server_cpu: number
  /** Null where the database is on another machine or the system does not tell. */
  database_cpu: number | null
  /** Of all processors of this machine, whoever used them. */
  machine: number
  /** What neither the server nor PostgreSQL nor the load used; null where that is not known. */
  others: number | null
  cores: number
  /** Connections that waited for a lock of another, of those that were at work. */
  lock_waits: number
  /** Connections that waited for the disk to have the log, of those that were at work. */
  disk_waits: number
}

export interface Observer {
  /** @returns what ends it, given how many processors the load used */
  begin (): Promise<(load_cpu: number) => Promise<Observation>>
  close (): Promise<void>
}

const look_every_ms = 100
const clock_ticks_per_second = 100

const activity_sql = `
  select count(*) as active,
         count(*) filter (where wait_event_type = 'Lock') as locked,
         count(*) filter (where wait_event_type = 'IO' and wait_event like 'Wal%' or wait_event = 'WALWrite') as syncing
    from pg_stat_activity
   where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`

interface Activity { active: number, locked: number, syncing: number }

export function createObserver (scratch: Scratch, database_url: string): Observer {
  const pool = createPool({ url: database_url, max_connections: 2, application_name: 'fermata-rehearsal' })

  async function databaseTicks (): Promise<Map<number, number> | null> {
    const { rows } = await pool.query<{ pid: number }>('select pid from pg_stat_activity')
    const ticks = rows.map(({ pid }) => [pid, ticksOf(pid)] as const)
      .filter((one): one is readonly [number, number] => one[1] !== null)
    return ticks.length === 0 ? null : new Map(ticks)
  }

  return {
    async begin () {
      const [usage, ticks] = await Promise.all([scratch.usage(), databaseTicks()])
      const machine = machineTicks()
      const began = performance.now()
      const seen: Activity = { active: 0, locked: 0, syncing: 0 }
      const watching = setInterval(() => {
        void pool.query<Activity>(activity_sql).then(({ rows: [row] }) => {
          seen.active += row!.active
          seen.locked += row!.locked
          seen.syncing += row!.syncing
        }, () => {})
      }, look_every_ms)
      return async load_cpu => {
        clearInterval(watching)
        const seconds = (performance.now() - began) / 1000
        const [after, ticks_after] = await Promise.all([scratch.usage(), databaseTicks()])
        const share = machineShare(machine, machineTicks())
        const cores = cpus().length
        const { server_loop, server_cpu } = serverShares(usage, after, seconds)
        const database_cpu = ticks && ticks_after &&
          ticksBetween(ticks, ticks_after) / clock_ticks_per_second / seconds
        return {
          seconds, server_loop, server_cpu, database_cpu, machine: share, cores,
          others: database_cpu === null ? null
            : Math.max(0, share * cores - server_cpu - database_cpu - load_cpu),
          lock_waits: seen.locked / Math.max(1, seen.active),
          disk_waits: seen.syncing / Math.max(1, seen.active),
        }
      }
    },
    close: () => pool.end(),
  }
}

function serverShares (before: Usage, after: Usage, seconds: number) {
  const active = after.active_ms - before.active_ms
  const idle = after.idle_ms - before.idle_ms
  return {
    server_loop: active / Math.max(1, active + idle),
    server_cpu: (after.cpu_us - before.cpu_us) / 1e6 / seconds,
  }
}

/** Of a process of PostgreSQL on this machine; null for anything else that has this number. */
function ticksOf (pid: number): number | null {
  try {
    const [name, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    if (!name!.endsWith('(postgres')) return null
    const fields = rest!.split(' ')
    return Number(fields[11]) + Number(fields[12])
  } catch {
    return null
  }
}

function ticksBetween (before: Map<number, number>, after: Map<number, number>): number {
  let sum = 0
  for (const [pid, ticks] of after) sum += ticks - (before.get(pid) ?? 0)
  return sum
}

function machineTicks (): { busy: number, idle: number } {
  return cpus().reduce((sum, { times }) => ({
    busy: sum.busy + times.user + times.sys + times.nice + times.irq, idle: sum.idle + times.idle,
  }), { busy: 0, idle: 0 })
}

function machineShare (
  before: ReturnType<typeof machineTicks>, after: ReturnType<typeof machineTicks>
): number {
  const busy = after.busy - before.busy
  return busy / Math.max(1, busy + after.idle - before.idle)
}
