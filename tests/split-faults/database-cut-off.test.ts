import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createDataFolder } from '@fermata/testkit/server-process'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNetwork, everything, type Machine } from './network.ts'
import { startOwnPostgres, type OwnPostgres } from './own-postgres.ts'

/** What PostgreSQL and its client do when the network between them is gone. */

const script = fileURLToPath(new URL('./cut-off-client.ts', import.meta.url))
/** Six seconds are meant, and one until the server looks again. */
const lets_go_within_ms = 10_000
/** Eight are meant: five of silence, three for the look. */
const fails_within_ms = 15_000

let machine: Machine
let postgres: OwnPostgres
const children: ChildProcess[] = []
const undo: (() => unknown)[] = []

beforeAll(async () => {
  const network = createNetwork(1)
  undo.push(network.remove)
  machine = network.machines[0]!
  const data = await createDataFolder()
  undo.push(data.remove)
  postgres = await startOwnPostgres(data.folder, network.host)
  undo.push(postgres.stop)
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const step of undo.reverse()) await step()
})

/** @returns what asks on the one connection of a process over there, and hears what came of it */
function startClient (kind: 'guarded' | 'plain'): (statement: string) => Promise<string> {
  const [command, ...parameters] =
    [...machine.launch, process.execPath, script, postgres.urlOf('orders'), kind]
  const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async statement => {
    child.stdin.write(`${statement}\n`)
    return (await answers.next()).value as string
  }
}

const lock = (number: number) => `begin; select pg_advisory_xact_lock(${number})`

test('PostgreSQL lets go of what a client that is cut off holds, and its query fails', async () => {
  const [holder, next, plain] = [startClient('guarded'), startClient('guarded'), startClient('plain')]
  expect(await Promise.all([holder(lock(1)), plain(lock(2))])).toEqual(['done', 'done'])
  const twin = new pg.Client({ connectionString: postgres.urlOf('orders') })
  await twin.connect()
  undo.push(() => twin.end())
  // It is first in line, and would hold the lock in its turn.
  void next(lock(1))
  const waiting = async () =>
    (await twin.query('select from pg_locks where locktype = \'advisory\' and not granted')).rowCount
  while (await waiting() === 0) await sleep(20)
  // Silence counts from the last packet, and a sale is never quiet for long.
  expect(await Promise.all([holder('select 1'), plain('select 1')])).toEqual(['done', 'done'])

  machine.drop(everything)
  const cut_at_ms = performance.now()
  let plain_answer: string | undefined
  void plain('select 1').then(answer => { plain_answer = answer })
  const failed = holder('select 1')
    .then(answer => ({ answer, after_ms: performance.now() - cut_at_ms }))
  await twin.query('select pg_advisory_lock(1)')
  const free_after_ms = performance.now() - cut_at_ms
  const { rows: [control] } = await twin.query('select pg_try_advisory_lock(2) as is_free')
  const { answer, after_ms } = await failed

  console.log(`free after ${Math.round(free_after_ms)} ms, ${answer} after ${Math.round(after_ms)} ms`)
  expect(machine.dropped()).toBeGreaterThan(0)
  expect(free_after_ms).toBeLessThan(lets_go_within_ms)
  expect(answer).toBe('ETIMEDOUT')
  expect(after_ms).toBeLessThan(fails_within_ms)
  // The control: without our settings both go on waiting.
  expect(control).toEqual({ is_free: false })
  expect(plain_answer).toBeUndefined()
})
