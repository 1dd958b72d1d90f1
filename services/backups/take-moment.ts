import { setTimeout as sleep } from 'node:timers/promises'
import type { Readable } from 'node:stream'
import { exportRoute, Held, holdStillRoute } from '@fermata/contracts/platform'
import { unavailable } from '@fermata/contracts/problems'
import type { ServiceName } from '@fermata/contracts/services'
import { ExportHeader } from '@fermata/platform/export'
import { readFirstLine } from '@fermata/platform/first-line'
import { Problem } from '@fermata/platform/problem'
import { Value } from 'typebox/value'
import type { Static, TSchema } from 'typebox'
import type { Ctx } from './context.ts'

/**
 * One moment of all services. Effects of events are held back everywhere, then a snapshot is taken
 * in each database, then they go on: no copy holds an effect whose cause another lacks, and a cause
 * without its effect is told again after a restore. Services that share a database share the very
 * same snapshot. Sales go on meanwhile. docs/adr/0008-a-backup-is-one-moment.md has the reasons.
 */
export interface Moment {
  /** What was committed before is in the copies. */
  taken_at: string
  copies: Map<ServiceName, { header: ExportHeader, stream: Readable }>
  /** Services that did not answer. */
  failed: Map<ServiceName, unknown>
}

/** How services are asked for their copies: over their routes, or their databases directly. */
export interface CopySource {
  hold: (service: ServiceName, what: 'effects' | 'snapshot') => Promise<Readable>
  exportOf: (service: ServiceName, snapshot?: string) => Promise<Readable>
}

/** Over the routes of services, wherever they run. */
export const askServices = (ctx: Ctx, request_id?: string): CopySource => ({
  hold: (service, what) =>
    ctx.callStream(holdStillRoute(service), { query: { what }, request_id }),
  exportOf: (service, snapshot) =>
    ctx.callStream(exportRoute(service), { query: { snapshot }, request_id }),
})

/**
 * Who asks others before it writes comes first: what it wrote on their word is then in their copies
 * too. Only where services have databases of their own does it matter.
 */
export const callers_first: readonly ServiceName[] = [
  'gateway', 'backups', 'expiration', 'notifications', 'tickets', 'users', 'payments', 'orders',
  'events', 'auth',
]

interface Hold extends Omit<Held, 'held'> {
  service: ServiceName
  stream: Readable
  has_ended: () => boolean
}

/**
 * What was let go too early, because a service was slow to answer, is tried again, later each time:
 * what keeps the machine busy may be over by then.
 */
const again_after_ms = [300, 1500, 5000]

/** @throws Problem `request/unavailable` when the services could not be held together */
export async function takeMoment (
  source: CopySource, services: readonly ServiceName[]
): Promise<Moment> {
  for (let tries = 0; ; tries++) {
    const moment = await tryMoment(source, services)
    if (moment) return moment
    const pause_ms = again_after_ms[tries]
    if (pause_ms === undefined) throw new Problem(
      unavailable, 'The services are too busy to be copied at one moment.')
    await sleep(pause_ms)
  }
}

async function tryMoment (
  source: CopySource, services: readonly ServiceName[]
): Promise<Moment | null> {
  const failed = new Map<ServiceName, unknown>()
  const answers = await Promise.all(services.map(async service => {
    try {
      return await hold(source, service, 'effects')
    } catch (error) {
      failed.set(service, error)
      return null
    }
  }))
  const holds = answers.filter(answer => answer !== null)
  const moment: Moment = { taken_at: new Date().toISOString(), copies: new Map(), failed }
  try {
    await takeSnapshots(source, holds, moment)
    if (!holds.some(({ has_ended }) => has_ended())) return moment
    leave(moment)
    return null
  } finally {
    for (const { stream } of holds) stream.destroy()
  }
}

/** Ends copies that nobody will read. */
export function leave (moment: Moment): void {
  for (const { stream } of moment.copies.values()) stream.destroy()
}

async function hold (
  source: CopySource, service: ServiceName, what: 'effects' | 'snapshot'
): Promise<Hold> {
  const { stream, line } = await firstLine(Held, await source.hold(service, what))
  const { database, snapshot } = line
  let has_ended = false
  // Its end is read, or it would not be noticed.
  stream.once('end', () => { has_ended = true }).once('error', () => { has_ended = true }).resume()
  return { service, database, snapshot, stream, has_ended: () => has_ended }
}

/** @param holds gets those of snapshots as well, one for each database */
async function takeSnapshots (
  source: CopySource, holds: Hold[], { copies, failed }: Moment
): Promise<void> {
  const snapshots = new Map<string, string | null>()
  for (const { service, database } of inOrder(holds)) {
    try {
      if (!snapshots.has(database)) {
        const held = await hold(source, service, 'snapshot')
        holds.push(held)
        snapshots.set(database, held.snapshot)
      }
      const { stream, line: header } = await firstLine(
        ExportHeader, await source.exportOf(service, snapshots.get(database) ?? undefined))
      copies.set(service, { header, stream })
    } catch (error) {
      failed.set(service, error)
    }
  }
}

const inOrder = (holds: Hold[]) => holds.toSorted((a, b) =>
  callers_first.indexOf(a.service) - callers_first.indexOf(b.service))

/** @throws when it is another than expected; nothing of the stream is left open then */
async function firstLine<S extends TSchema> (
  schema: S, stream: Readable
): Promise<{ stream: Readable, line: Static<S> }> {
  try {
    const line = JSON.parse(await readFirstLine(stream)) as unknown
    if (Value.Check(schema, line)) return { stream, line }
    throw new Error('The answer is of another version')
  } catch (error) {
    stream.destroy()
    throw error
  }
}
