import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findServer } from '@fermata/platform/embedded-postgres/postmaster'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually } from '../end-to-end/sell.ts'
import { is_whole } from '../proofs/proof.ts'

/**
 * A signal to npm's own process ends what npm started, as one to the server itself does: whoever
 * supervises Fermata knows no other process.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const linux = process.platform === 'linux'
/** The first start builds the pages where nobody has yet. */
const ready_within_ms = 300_000
const gone_within_ms = 30_000

let data: Awaited<ReturnType<typeof createDataFolder>>
beforeAll(async () => { data = await createDataFolder() })
afterEach(() => { for (const pid of left()) process.kill(pid, 'SIGKILL') })
afterAll(() => data.remove())

/** Every process that was started for this installation. */
const left = () => readdirSync('/proc').map(Number).filter(pid => {
  if (!(pid > 1)) return false
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`FERMATA_DATA=${data.folder}\0`)
      && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
})

const answers = (port: number) => new Promise<boolean>(resolve => {
  const socket = connect(port, '127.0.0.1', () => { resolve(true); socket.destroy() })
  socket.on('error', () => resolve(false))
})

/** Runs a script of package.json as a terminal or a supervisor would. */
function run (script: string): { child: ChildProcess, output: () => string } {
  const child = spawn('npm', ['run', script], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, FERMATA_DATA: data.folder,
      FERMATA_DEMO: 'false', ...script === 'start:split' ? { PORT_BASE: '18900' } : { PORT: '0' } },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  }
  return { child, output: () => output }
}

async function expectNothingLeft (): Promise<void> {
  await eventually(async () => left().length === 0 &&
    await findServer(join(data.folder, 'postgres', 'data')) === undefined,
  'every process to end', gone_within_ms)
}

const slice = [
  ['start', 'SIGTERM'], ['start', 'SIGHUP'], ['start', 'SIGINT'], ['dev', 'SIGTERM'],
] as const
/** The processes of `start:split` need nats-server. */
const rest = [
  ['start', 'SIGKILL'], ['dev', 'SIGINT'], ['dev', 'SIGHUP'], ['dev', 'SIGKILL'],
  ['start:split', 'SIGTERM'], ['start:split', 'SIGHUP'], ['start:split', 'SIGINT'],
] as const

test.runIf(linux).each(is_whole ? [...slice, ...rest] : slice)('R16: npm run %s: %s to npm ends the server and its database', async (script, signal) => {
  const { child, output } = run(script)
  await eventually(() => Promise.resolve(/ready at http:\S+:\d+/.test(output())),
    `a server that is ready, not ${output()}`, ready_within_ms)
  const port = Number(/ready at http:\S+:(\d+)/.exec(output())![1])
  expect(await answers(port)).toBe(true)

  child.kill(signal)
  await once(child, 'exit')

  await expectNothingLeft()
  expect(await answers(port)).toBe(false)
  expect(output()).toContain('Stopping')
}, 400_000)

test.runIf(linux)('R16: npm start: asked to end in the middle of a first start, it leaves nothing running', async () => {
  await data.remove()
  data = await createDataFolder()
  const { child } = run('start')
  await eventually(async () =>
    await findServer(join(data.folder, 'postgres', 'data')) !== undefined,
  'a database', ready_within_ms)

  child.kill('SIGTERM')
  await once(child, 'exit')

  await expectNothingLeft()
}, 400_000)
