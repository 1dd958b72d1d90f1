import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  serviceNames,
  services as serviceTable,
  type ServiceName,
} from '@fermata/contracts/services'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@fermata/platform/embedded-postgres/supervisor'
import { ownerOf } from '@fermata/platform/embedded-postgres/owner'
import { isKnownSecret, passwordIn } from '@fermata/platform/known-secrets'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { removeLeftRehearsals } from '@fermata/platform/rehearsal-databases'
import type { ServiceDefinition } from '@fermata/platform/service'
import {
  readSettingFiles,
  readSettings,
  unknownSettings,
  type Environment,
} from '@fermata/platform/settings'
import { serviceOf } from '@fermata/platform/call'
import { startSystem, type System, type SystemOptions } from '@fermata/platform/system'
import { createIsHere } from '@fermata/platform/this-machine'
import { secretsIn } from '@fermata/platform/tokens'
import type { TObject } from 'typebox'
import packageJson from './package.json' with { type: 'json' }
import { closeDataFolder } from './data-folder.ts'
import { choosePort, whyNot } from './listen.ts'
import { mailNote } from './messages.ts'
import { loadSecrets, signatures, signaturesOf } from './secrets.ts'
import { addressVariable, databaseVariable, ServerSettings } from './server-settings.ts'

export interface Server {
  system: System
  /** What people type into the browser. */
  url: string
  demo: boolean
  /** Sentences for the start message. */
  notes: string[]
  database: EmbeddedPostgres | null
  listen (): Promise<void>
  stop (): Promise<void>
}

// From wherever it is started, by npm in a service's folder too, the data are the same.
const root = fileURLToPath(new URL('../../', import.meta.url))

type Services = Record<ServiceName, ServiceDefinition>

interface Plan {
  settings: ServerSettings
  names: ServiceName[]
  web: boolean
  host: string
  demo: boolean
  folder: string
}

/**
 * Reads the server's settings and decides what runs here. @throws with a sentence for whoever has
 * to mend it
 */
function planServer (environment: Environment, schemas: TObject[], all: Services): Plan {
  const unknown = unknownSettings(schemas, environment)
  if (unknown.length > 0)
    throw new Error(
      `Unknown settings: ${unknown.join(', ')}. docs/settings.md lists all there are.`,
    )
  const settings = readSettings(ServerSettings, environment) as ServerSettings
  const words = settings.SERVICES === 'all'
    ? [...serviceNames, 'web']
    : settings.SERVICES.split(',')
  const names = words.filter(word => word !== 'web') as ServiceName[]
  const strange = names.filter(name => !(name in all))
  if (strange.length > 0)
    throw new Error(
      `SERVICES names ${strange.join(', ')}; there are ${serviceNames.join(', ')} and web.`,
    )
  const production = environment.NODE_ENV === 'production'
  const host = settings.HOST ?? (production ? '0.0.0.0' : '127.0.0.1')
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  const demo = settings.FERMATA_DEMO ??
    (!production && loopback && settings.SERVICES === 'all' && !settings.DATABASE_URL)
  if (demo && production)
    throw new Error(
      'Demo accounts have a public password: unset FERMATA_DEMO when NODE_ENV is production.',
    )
  const known = knownSecrets(environment)
  if (production && known.length > 0)
    throw new Error(
      `Everybody can guess ${known.join(', ')}: ` +
        'production needs secrets of its own, which deploy/make-secrets.sh makes.',
    )
  if (production && !environment.PUBLIC_URL)
    throw new Error(
      'PUBLIC_URL is needed in production: links in mails lead there, ' +
        'e.g. PUBLIC_URL=https://tickets.example.org',
    )
  return {
    settings,
    names,
    web: words.includes('web'),
    host,
    demo,
    folder: resolve(root, settings.FERMATA_DATA),
  }
}

/** Settings whose value opens something, and which is no secret. */
function knownSecrets (environment: Environment): string[] {
  const values = (name: string) => secretsIn(environment[name] ?? '').filter(Boolean)
  const addresses = ['DATABASE_URL', ...serviceNames.map(databaseVariable), 'NATS_URL']
  return [
    ...[...signatures, 'METRICS_TOKEN', 'MAIL_PASSWORD']
      .filter(name => values(name).some(isKnownSecret)),
    // An address without a password opens nothing by itself.
    ...addresses.filter(name => values(name).map(passwordIn).filter(Boolean).some(isKnownSecret)),
  ]
}

/** Starts what the environment asks for; `listen` opens the door when the rest is ready. */
export async function startServer (given: Environment, all: Services): Promise<Server> {
  const schemas = [
    ServerSettings,
    PlatformSettings,
    ...Object.values(all).flatMap(one => one.settings ?? []),
  ]
  const environment = readSettingFiles(schemas, given)
  const plan = planServer(environment, schemas, all)
  const { settings, names, host, demo } = plan
  const usual = names.length === 1 ? serviceTable[names[0]!].port : names.length === 0 ? 3000 : 8000
  // In production a proxy looks for one port: another would be a server that nobody finds.
  const asked = settings.PORT ?? (environment.NODE_ENV === 'production' ? usual : undefined)
  const { port, moved } = await choosePort(host, asked, usual)
  const url = environment.PUBLIC_URL ?? `http://localhost:${port}`
  const delivers = names.length === serviceNames.length || names.length === 0 ||
    Boolean(environment.NATS_URL)
  if (names.length > 0) closeDataFolder(plan.folder)
  const database = await startDatabase(plan)
  try {
    const owner_url = database && await ownerOf(database)
    const databaseUrl = (name: ServiceName) =>
      settings[databaseVariable(name)] ?? settings.DATABASE_URL ?? owner_url!
    const secrets = await secretsFor(names, plan.folder, environment, databaseUrl)
    const system = await startSystem({
      services: names.map(name => all[name]),
      environment: { ...environmentOf(plan, environment, url), ...secrets },
      databaseUrl,
      serviceUrls: name => addressesOf(settings, name),
      // Apart from its consumers and without a carrier a service keeps its events: nobody here
      // could confirm their effect.
      deliver_events: delivers,
      // The database that we brought is ours alone: what is locked there was left by a killed
      // process.
      sole_process: database !== null,
      version: packageJson.version,
      serve_also: plan.web ? pagesOf(plan, url) : undefined,
    })
    await system.app.ready()
    if (names.includes('orders')) removeRehearsals(settings, database)
    return {
      system, url, demo, database,
      notes: [
        ...database?.notes ?? [],
        ...(delivers ? [] : [waiting_note]),
        ...(names.includes('notifications') ? [mailNote(environment, { url, demo })] : []),
        ...(moved ? [`Port ${usual} is in use, so this is port ${port}.`] : []),
      ],
      // A rush connects within a second: Node's own 511 would send the rest away unheard.
      async listen () {
        await system.app.listen({ host, port, backlog: 4096 })
          .catch((error: NodeJS.ErrnoException) => {
            throw whyNot(error.code, host, port, error)
          })
      },
      async stop () {
        await system.stop()
        await database?.stop()
      },
    }
  } catch (error) {
    await database?.stop()
    throw error
  }
}

/** The pages, which ask the services of this process where it has any. */
function pagesOf ({ settings, names, demo }: Plan, public_origin: string): SystemOptions['serve_also'] {
  return async (app, { tracing, settings: platform }) => {
    const { registerWeb } = await import('./web.ts')
    const api_url = settings.API_URL ??
      ((path: string) => addressesOf(settings, serviceOf(path))[0]!)
    const isHere = createIsHere(platform.MAILBOX_READERS)
    const common = { tracing, public_origin, isHere, is_demo: demo }
    await registerWeb(app, names.length > 0 ? common : { ...common, api_url })
  }
}

/** What a killed `npm run rehearse` left beside the box office's database; nobody waits for it. */
function removeRehearsals (settings: ServerSettings, database: EmbeddedPostgres | null): void {
  const url = settings[databaseVariable('orders')] ?? settings.DATABASE_URL ?? database!.url
  removeLeftRehearsals(url).catch(() => {})
}

const waiting_note = 'Without NATS_URL the events of a service that runs apart wait in its outbox.'

const addressesOf = (settings: ServerSettings, name: ServiceName) =>
  (settings[addressVariable(name)] ?? `http://127.0.0.1:${serviceTable[name].port}`).split(',')

/** The database that npm brought, or null when every service here was given one. */
async function startDatabase ({ settings, names, folder }: Plan): Promise<EmbeddedPostgres | null> {
  const without = names.filter(name => !settings[databaseVariable(name)] && !settings.DATABASE_URL)
  if (without.length === 0) return null
  if (settings.SERVICES !== 'all') throw new Error(
    `A service that runs apart needs DATABASE_URL (or ${databaseVariable(without[0]!)}). ` +
    'Only all services together bring their own database.')
  return startEmbeddedPostgres({
    folder: join(folder, 'postgres'), log: line => console.log(`  ${line}`),
  })
}

/** What the server knows better than a setting's default, under what the operator has set. */
function environmentOf (
  { demo, folder }: Plan, given: Environment, url: string
): Environment {
  return {
    PUBLIC_URL: url, LOG_LEVEL: 'info', BACKUP_DIR: join(folder, 'backups'),
    // In a terminal the start message shall stay in sight: routine lines go to files alone.
    ...(demo && {
      FERMATA_LOG_DIR: join(folder, 'logs'), LOG_STDOUT_LEVEL: 'warn', LOG_FILE_MB: '5',
      BACKUP_SCHEDULE: '*/10 * * * *',
    }),
    ...given, FERMATA_DEMO: String(demo),
  }
}

/**
 * @throws where services run apart in production and one secret is not set: each would make its
 * own, and none believe the others
 */
async function secretsFor (
  names: ServiceName[], folder: string, given: Environment,
  databaseUrl: (name: ServiceName) => string,
): Promise<Environment> {
  // The pages sign and check nothing.
  if (names.length === 0) return { JWT_INTERNAL_SIGNATURE: randomBytes(32).toString('hex') }
  const needed = signaturesOf(names)
  const missing = needed.filter(name => !given[name])
  const is_apart = names.length < serviceNames.length
  if (is_apart && given.NODE_ENV === 'production' && missing.length > 0) throw new Error(
    `${missing.join(' and ')} must be set where services run apart: they share it. ` +
      'deploy/make-secrets.sh makes it.')
  return loadSecrets(folder, given, needed,
    name => names.includes(name) ? databaseUrl(name) : undefined)
}
