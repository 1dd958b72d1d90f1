import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceName } from '@fermata/contracts/services'
import type { Environment } from '@fermata/platform/settings'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { readSettingFiles, readSettings } from '@fermata/platform/settings'
import { demoDoor } from '../demo/demo-door.ts'
import { seedDemoThrough } from '../demo/seed-demo.ts'
import { closeDataFolder } from '../data-folder.ts'
import { mailNote } from '../messages.ts'
import { loadSecrets, signatures } from '../secrets.ts'
import { ServerSettings } from '../server-settings.ts'
import { planCarrier } from './carrier.ts'
import { planFrontDoor } from './front-door.ts'
import { endLeftOver, findProgram } from './programs.ts'
import {
  addressOf, instancesOf, planPorts, type Instance, type Layout, type Part, type Ports, type Scale,
} from './plan-split.ts'
import { partEnvironment, type Common } from './part-environment.ts'
import { createRoll } from './roll.ts'
import { prepareDatabases, type Databases } from './split-databases.ts'
import { superviseProcess, type Program, type SupervisedProcess } from './supervised-process.ts'
import { requireFreePorts, waitUntilAnswered, waitUntilReady } from './wait-until-ready.ts'

export interface SplitOptions {
  /** Settings as for one process; what has to differ from part to part is filled in. */
  environment: Environment
  /** How many of each run; one where nothing is said. */
  scale?: Scale
  /** The first of the ports; without, those of the documentation. */
  port_base?: number
  /** Where all listen, for a network of several machines; without, on loopback. */
  host?: string
  /** Processes that run on other machines of that network. */
  places?: Layout['places']
  /** Told what happens, line by line. */
  say?: (line: string) => void
}

export interface Split {
  /** What people type into the browser. */
  url: string
  ports: Ports
  demo: boolean
  /** The services and the pages, with the port of each process. */
  instances: Instance[]
  /** They, and what carries between them and stands in front. */
  processes: SupervisedProcess[]
  /** Sentences for the start message. */
  notes: string[]
  /** Where each service keeps its data. */
  databases: ReadonlyMap<ServiceName, string>
  /** Waits until every process serves, through the front door too: after one was killed, say. */
  ready (): Promise<void>
  /** `kill -9` of one process, by its name: `orders`, `orders-2`, `nats`, `nginx`. */
  kill (name: string): void
  /** Replaces one process of a service that has several, without a failed request. */
  roll (name: string): Promise<void>
  stop (): Promise<void>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/** What there is before the first process runs. */
interface Ground {
  options: SplitOptions
  say: (line: string) => void
  folder: string
  logs: string
  ports: Ports
  host: string
  instances: Instance[]
  url: string
  demo: boolean
  databases: Databases
  common: Common
  notes: string[]
}

/**
 * Starts Fermata as many processes of this machine: each service, the pages, a message server and,
 * where nginx is installed, a front door. @throws with a sentence for whoever has to mend it
 */
export async function startSplit (given: SplitOptions): Promise<Split> {
  const { say = () => {} } = given
  // Addresses and the secrets of all: those of one service are read by its own processes.
  const options = { ...given,
    environment: readSettingFiles([ServerSettings, PlatformSettings], given.environment) }
  const processes: SupervisedProcess[] = []
  const supervise = (program: Program) => {
    const supervised = superviseProcess(program, say)
    processes.push(supervised)
    return supervised
  }
  let databases: Databases | undefined
  const stop = once(async () => {
    // The door first, so that nobody comes; then who serves, then what they stand on.
    const called = (name: string) => processes.filter(one => one.name === name)
    await Promise.all(called('nginx').map(one => one.stop('SIGQUIT')))
    await Promise.all(processes.filter(one => one.name !== 'nats').map(one => one.stop()))
    await Promise.all(called('nats').map(one => one.stop()))
    await databases?.stop()
  })
  try {
    const ground = await prepare({ ...options, say }, one => { databases = one })
    const has_door = await startAll(ground, supervise)
    const roll = createRoll()
    if (ground.demo) await seedDemoThrough(demoDoor(name =>
      `http://${addressOf(named(ground.instances, name))}`))
    const { url, ports, instances, demo, notes, databases: { urls } } = ground
    return {
      url, ports, demo, notes, processes, stop, instances, databases: urls,
      ready: () => waitUntilAllAnswer(ground),
      kill: name => named(processes, name).kill(),
      async roll (name) {
        const instance = named(instances, name)
        const { part } = instance
        if (!has_door || ports.of[part].length < 2) throw new Error(
          `${name} has no twin and a door that could send people there`)
        await roll(instance, named(processes, name),
          () => waitUntilAnswered(readyPath(instance), fitsOf(part)))
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function named<T extends { name: string }> (list: T[], name: string): T {
  const one = list.find(each => each.name === name)
  if (!one) throw new Error(`There is no process ${name}`)
  return one
}

function once (work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => done ??= work()
}

async function prepare (
  options: SplitOptions & { say: (line: string) => void }, own: (databases: Databases) => void
): Promise<Ground> {
  const { environment, scale = {}, port_base = 8000, host = '127.0.0.1', places = {}, say } =
    options
  const settings = readSettings(ServerSettings, environment) as {
    FERMATA_DATA: string, FERMATA_DEMO?: boolean
  }
  const production = environment.NODE_ENV === 'production'
  const folder = resolve(root, settings.FERMATA_DATA)
  const logs = join(folder, 'split', 'logs')
  closeDataFolder(folder)
  await mkdir(logs, { recursive: true, mode: 0o700 })
  const ports = planPorts(port_base, scale)
  const instances = instancesOf(ports, { host, places })
  const door = findProgram('nginx', environment.PATH)
  await endLeftOver(join(folder, 'split', 'nginx', 'nginx.pid'), 'nginx')
  await endLeftOver(join(folder, 'split', 'nats', 'nats.pid'), 'nats-server')
  await requireFreePorts(host, instances.filter(one => one.host === host).map(one => one.port))
  if (door) await requireFreePorts('127.0.0.1', [ports.front_door])
  const demo = settings.FERMATA_DEMO ?? !production
  const url = environment.PUBLIC_URL ??
    `http://localhost:${door ? ports.front_door : ports.of.web[0]}`
  const databases = await prepareDatabases(environment, folder, say)
  own(databases)
  const secrets = await loadSecrets(
    folder, environment, signatures, name => databases.urls.get(name))
  return {
    options, say, folder, logs, ports, host, instances, url, demo, databases,
    notes: [...databases.notes, mailNote(environment, { url, demo })],
    common: {
      folder, url, demo, instances, databases: databases.urls,
      inside_door: door && `${host}:${ports.inside_door}`,
      environment: { ...environment, ...secrets },
    },
  }
}

type Supervise = (program: Program) => SupervisedProcess

/** @returns whether nginx stands in front */
async function startAll (ground: Ground, supervise: Supervise): Promise<boolean> {
  const { ports, instances, common, logs } = ground
  const carrier_url = await startCarrier(ground, supervise)
  const started = instances.map(instance => {
    const { name, launch } = instance
    const [command, ...parameters] = [...launch, process.execPath, main]
    return { instance, process: supervise({
      name, command, parameters, log_file: join(logs, `${name}.log`),
      environment: partEnvironment(instance, carrier_url, common), channel: true,
    }) }
  })
  await Promise.all(started.map(({ instance, process }) => waitUntilReady(
    process, readyPath(instance), fitsOf(instance.part))))
  const door = await startDoor(ground, supervise)
  if (door) await waitUntilReady(door, `http://127.0.0.1:${ports.front_door}/api/auth/health`)
  return door !== null
}

const readyPath = (instance: Instance) => `http://${addressOf(instance)}` +
  (instance.part === 'web' ? '/robots.txt' : `/api/${instance.part}/health/ready`)

const fitsOf = (part: Part) => part === 'web' ? undefined : busIsConnected

/** The door leaves out for some seconds who did not answer; it is asked as often as it has choices. */
async function waitUntilAllAnswer ({ instances, ports }: Ground): Promise<void> {
  await Promise.all(instances.map(instance =>
    waitUntilAnswered(readyPath(instance), fitsOf(instance.part))))
  await Promise.all(instances.map(({ part }) => waitUntilAnswered(
    `http://127.0.0.1:${ports.front_door}${part === 'web' ? '/robots.txt' : `/api/${part}/health`}`)))
}

const busIsConnected = (body: string) =>
  (JSON.parse(body) as { checks: { bus: boolean } }).checks.bus

/** @returns the address of the message server, ours or the one in the settings */
async function startCarrier (
  { options, folder, logs, ports, host }: Ground, supervise: Supervise
): Promise<string> {
  const { NATS_URL, PATH } = options.environment
  if (NATS_URL) return NATS_URL
  const command = findProgram('nats-server', PATH)
  if (!command) throw new Error('The services need a message server between them and none is ' +
    'installed. On Debian: apt-get install nats-server. Or name a running one: ' +
    'NATS_URL=nats://user:password@host:4222')
  await requireFreePorts(host, [ports.nats])
  const { program, url } = await planCarrier(
    command, join(folder, 'split', 'nats'), `${host}:${ports.nats}`, join(logs, 'nats.log'))
  supervise(program)
  return url
}

async function startDoor (
  { options, folder, logs, ports, instances, host, notes }: Ground, supervise: Supervise
): Promise<SupervisedProcess | null> {
  const { PATH, RATE_LIMITS } = options.environment
  const command = findProgram('nginx', PATH)
  if (!command) {
    notes.push('nginx is not installed (apt-get install nginx), so there is no front door: pages ' +
      'can be read, but what a browser asks of the API finds nobody, and one of each service runs.')
    return null
  }
  return supervise(await planFrontDoor({
    command, folder: join(folder, 'split', 'nginx'), ports, instances, host,
    log_file: join(logs, 'nginx.log'), limits: RATE_LIMITS === 'off' ? 'off' : 'on',
  }))
}
