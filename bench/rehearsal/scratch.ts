import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient, type Call } from '@fermata/contracts/client'
import { uuidv7 } from '@fermata/platform/ids'
import type { Environment } from '@fermata/platform/settings'
import { createTokens } from '@fermata/platform/tokens'
import type { ScratchMessage, ScratchRequest, Usage } from './scratch-server.ts'

/** The parent's side of the server that is rehearsed on. */
export interface Scratch {
  port: number
  usage (): Promise<Usage>
  /** A client for the organiser of the copied events. Good for ten minutes. */
  asOrganizer (): Promise<Call>
}

/**
 * The settings of the installation that change how fast it is, and none that leads out of this
 * machine. Whatever is not named here does not reach the rehearsal: a new setting with an address
 * or a key in it is left out until somebody enters it.
 */
const passed = [
  'NODE_ENV', 'RESERVATION_TIMEOUT', 'RATE_LIMITS', 'LOG_LEVEL', 'DEFAULT_CURRENCY',
]

const start_within_ms = 120_000
const stop_within_ms = 12_000
const end_of_output_bytes = 3000

interface Place { folder: string, database_url: string, mail_port: number }

const createSecrets = () => ({
  JWT_EXTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  JWT_INTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  ORDER_SIGNATURE: randomBytes(32).toString('hex'),
  TICKET_SIGNATURE: randomBytes(32).toString('hex'),
  SECOND_FACTOR_SECRET: randomBytes(32).toString('hex'),
})

/** Everything the rehearsed server is told. */
function environmentOf (installation: Environment, place: Place): Environment {
  const { folder, database_url, mail_port } = place
  return {
    ...Object.fromEntries(
      passed.filter(name => name in installation).map(name => [name, installation[name]])),
    ...createSecrets(),
    SERVICES: 'all', HOST: '127.0.0.1', PORT: '0', PUBLIC_URL: 'http://127.0.0.1',
    DATABASE_URL: database_url, FERMATA_DATA: folder, FERMATA_DEMO: 'false',
    FERMATA_LOG_DIR: join(folder, 'logs'), LOG_STDOUT_LEVEL: 'error',
    // Once a year, and not now: backups are another rehearsal.
    BACKUP_DIR: join(folder, 'backups'), BACKUP_SCHEDULE: '0 0 29 2 *',
    MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String(mail_port), MAIL_SECURE: 'false',
    MAIL_FROM: 'Rehearsal <rehearsal@example.com>', SIMULATED_PAYMENTS: 'true',
    // Buyers name their own addresses, as a proxy would, so that limits for each address stay on.
    TRUST_PROXY: 'loopback',
  }
}

/**
 * Starts the server and waits until it is ready. @throws with what it said when it is not
 * @param begun gets what ends it as soon as it runs, so that an interruption finds it
 */
export async function startScratch (
  installation: Environment, place: Place, begun: (stop: () => Promise<void>) => void
): Promise<Scratch> {
  const environment = environmentOf(installation, place)
  const output = join(place.folder, 'output.log')
  const file = openSync(output, 'a')
  const child = fork(fileURLToPath(new URL('./scratch-server.ts', import.meta.url)), [], {
    stdio: ['ignore', file, file, 'ipc'], execArgv: [],
    env: { PATH: installation.PATH, HOME: installation.HOME, NODE_ENV: installation.NODE_ENV },
  })
  closeSync(file)
  const exited = new Promise<void>(resolve => { child.once('exit', () => resolve()) })
  const ask = (request: ScratchRequest, within_ms: number) =>
    new Promise<ScratchMessage>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The rehearsed server does not answer.')), within_ms)
      const failed = () => {
        clearTimeout(timer)
        reject(new Error(`The rehearsed server ended:\n${endOf(output)}`))
      }
      child.once('exit', failed)
      child.once('message', message => {
        clearTimeout(timer)
        child.off('exit', failed)
        resolve(message as ScratchMessage)
      })
      // Without somebody to hear of it, a channel that has closed would end this process.
      child.send(request, error => { if (error) failed() })
    })
  const stop = async () => {
    if (child.connected) child.send({ kind: 'stop' } satisfies ScratchRequest, () => {})
    await Promise.race([exited, sleep(stop_within_ms, undefined, { ref: false })])
    child.kill('SIGKILL')
    await exited
  }
  begun(stop)
  try {
    const started = await ask({ kind: 'start', environment }, start_within_ms)
    if (started.kind !== 'ready') throw new Error(
      `The rehearsed server could not start:\n${started.kind === 'failed' ? started.error : ''}`)
    const { port } = started
    const tokens = createTokens(environment as ReturnType<typeof createSecrets>)
    const organizer = {
      user_id: uuidv7(), login_id: uuidv7(), roles: ['event_creator' as const],
      email: 'organizer@example.com', email_verified: true,
    }
    return {
      port,
      async usage () {
        const answer = await ask({ kind: 'usage' }, stop_within_ms)
        return (answer as Extract<ScratchMessage, { kind: 'usage' }>).usage
      },
      asOrganizer: async () => createClient({
        base_url: `http://127.0.0.1:${port}`, fetch: (url, init) => fetch(url, init),
        headers: { authorization: `Bearer ${await tokens.signAccess(organizer)}` },
      }).call,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The folder may be gone by the time somebody asks. */
const endOf = (file: string) =>
  existsSync(file) ? readFileSync(file, 'utf8').slice(-end_of_output_bytes) : ''
