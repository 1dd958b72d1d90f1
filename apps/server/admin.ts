import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import auth from '@fermata/auth/service'
import type { Ctx } from '@fermata/auth/context'
import { giveWayBack, type WayBack } from '@fermata/auth/operations/give-way-back'
import { ownerOf } from '@fermata/platform/embedded-postgres/owner'
import { findRunningPostgres } from '@fermata/platform/embedded-postgres/find-running'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { databaseName } from '@fermata/platform/service-databases'
import { readSettingFiles, type Environment } from '@fermata/platform/settings'
import { startSystem } from '@fermata/platform/system'
import { readEnvironment } from './env.ts'
import { adminSecrets, secrets_usage } from './admin-secrets.ts'
import { loadSecrets, signaturesOf, type DatabaseOf } from './secrets.ts'
import { databaseVariable, ServerSettings } from './server-settings.ts'

/**
 * `npm run admin -- appoint ada@example.org`, `npm run admin -- reset ada@example.org` and
 * `npm run admin -- secrets …`: for whoever has the machine, beside a running Fermata or a stopped
 * one. No password is typed here; a link is printed, with which its reader sets one.
 */

const usage = `npm run admin -- appoint <email>   makes an administrator, also the first one
npm run admin -- reset <email>     prints a link that sets a new password, good for an hour, once
${secrets_usage}`

const root = fileURLToPath(new URL('../../', import.meta.url))
const nothing = () => Promise.resolve()

interface Database { url: string, stop: () => Promise<void> }

/** The database of auth, wherever its installation keeps it. */
async function findDatabase (environment: Environment, folder: string): Promise<Database> {
  const url = environment[databaseVariable('auth')] || environment.DATABASE_URL
  if (url) return { url, stop: nothing }
  const postgres = join(folder, 'postgres')
  const found = await findRunningPostgres(postgres)
  if (found.state === 'running') return { url: await ownerOf(found), stop: nothing }
  if (found.state === 'stopped') {
    const server = await startEmbeddedPostgres({ folder: postgres })
    return { url: await ownerOf(server), stop: server.stop }
  }
  throw new Error(`Nothing is installed in ${folder}. Start Fermata once, or name its FERMATA_DATA.`)
}

/** The embedded database as its superuser sees it, in each shape that has used it. */
async function withSecrets (
  environment: Environment, folder: string, words: string[]
): Promise<string> {
  const given: DatabaseOf = name => environment[databaseVariable(name)] || environment.DATABASE_URL
  if (given('auth') && given('tickets')) {
    return adminSecrets({ folder, environment, databases: [given] }, words)
  }
  const postgres = join(folder, 'postgres')
  const found = await findRunningPostgres(postgres)
  if (found.state === 'absent') {
    throw new Error(`Nothing is installed in ${folder}. Start Fermata once, or name its FERMATA_DATA.`)
  }
  // To look is harmless beside a running Fermata; to change, it has to be stopped.
  const is_look = words[0] === 'fingerprint' || words[0] === 'export'
  const server = is_look && found.state === 'running' ? { url: found.url, stop: nothing }
    : await startEmbeddedPostgres({ folder: postgres })
  const apart: DatabaseOf = name => {
    const url = new URL(server.url)
    url.pathname = `/${databaseName(name)}`
    return url.href
  }
  const was_split = existsSync(join(folder, 'split', 'database-passwords.json'))
  try {
    return await adminSecrets(
      { folder, environment, databases: [() => server.url, ...was_split ? [apart] : []] }, words)
  } finally {
    await server.stop()
  }
}

async function main (): Promise<void> {
  const [way, ...words] = process.argv.slice(2)
  const given = readSettingFiles(
    [ServerSettings, PlatformSettings, auth.settings!], readEnvironment())
  const folder = resolve(root, given.FERMATA_DATA || 'data')
  if (way === 'secrets') {
    const said = await withSecrets(given, folder, words)
    console.log(`\n  ${said.replaceAll('\n', '\n  ')}\n`)
    return
  }
  const [email, ...more] = words
  if ((way !== 'appoint' && way !== 'reset') || !email || more.length > 0) throw new Error(usage)
  const database = await findDatabase(given, folder)
  try {
    await run({ way, email, given, folder, url: database.url })
  } finally {
    await database.stop()
  }
}

async function run (
  { way, email, given, folder, url }: {
    way: WayBack, email: string, given: Environment, folder: string, url: string
  },
): Promise<void> {
  const system = await startSystem({
    // Its jobs and news are for the processes that serve people.
    services: [{ ...auth, jobs: [], timers: [], subscriptions: [] }],
    environment: {
      PUBLIC_URL: `http://localhost:${given.PORT || 8000}`, ...given,
      ...await loadSecrets(folder, given, signaturesOf(['auth']), () => url),
      LOG_LEVEL: 'error', NATS_URL: undefined,
    },
    databaseUrl: () => url, deliver_events: false,
  })
  try {
    const ctx = system.contexts.get('auth') as Ctx
    const { email: address, token } = await giveWayBack(ctx, email, way)
    const link = new URL('/reset-password', ctx.settings.PUBLIC_URL)
    link.searchParams.set('token', token ?? '')
    if (way === 'appoint') console.log(`\n  ${address} is an administrator now.`)
    console.log(token === null
      ? '  The password stays as it is. Who has forgotten it: npm run admin -- reset <email>\n'
      : `  Open this within an hour to set the password; it works once:\n\n  ${link.href}\n`)
  } finally {
    await system.stop()
  }
}

main().catch((error: unknown) => {
  const is_expected = error instanceof Error && error.constructor === Error
  console.error(is_expected ? `\n  ${error.message.replaceAll('\n', '\n  ')}\n` : error)
  process.exitCode = 1
})
