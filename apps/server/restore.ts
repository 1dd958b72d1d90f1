import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import backups from '@fermata/backups/service'
import { findDamage, listStored, openStored } from '@fermata/backups/copies/check-copy'
import { readEndings } from '@fermata/backups/copies/endings'
import type { CopyPart, Manifest } from '@fermata/backups/copies/manifest'
import { keysIn, openStore } from '@fermata/backups/copies/open-store'
import type { CopyStore } from '@fermata/backups/copies/store'
import type { RestoreNote } from '@fermata/contracts/platform'
import { readSettingFiles, type Environment } from '@fermata/platform/settings'
import { confirm, keyFor, readArguments, type Asked } from './copies/arguments.ts'
import { findDatabases, type Databases } from './copies/find-databases.ts'
import { findLost, findRows, findUsers, restoreCopy } from './copies/restore-copy.ts'
import { readEnvironment } from './env.ts'
import { ServerSettings } from './server-settings.ts'

/**
 * `npm run restore -- --from <folder or bucket>`: into an installation of any shape that is empty
 * and not running. Everything is checked before anything is touched.
 */

const usage = `npm run restore -- --from <folder or s3://bucket/folder> [--backup <id>]
  --list      only says what is there; needs no key and no database
  --services  some of them, e.g. --services orders,payments
  --split     into a database for each service, as npm run start:split uses them
  --replace   where there are data already: they are lost
  --yes       asks nothing`

const root = fileURLToPath(new URL('../../', import.meta.url))
const say = (line = '') => console.log(line === '' ? '' : `  ${line}`)
const sizeOf = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`
const sum = (parts: readonly CopyPart[], what: 'rows' | 'bytes') =>
  parts.reduce((total, part) => total + part[what], 0)

const describe = ({ id, taken_at, parts, fermata }: Manifest) =>
  `${id}  ${taken_at}  ${parts.length} services, ${sum(parts, 'rows')} rows, ` +
  `${sizeOf(sum(parts, 'bytes'))}, Fermata ${fermata}`

/** The one that was asked for, or the newest. @throws with a sentence */
async function choose (store: CopyStore, { backup, place }: Asked): Promise<string> {
  const all = await listStored(store)
  if (all.length === 0) throw new Error(`There is no backup in ${place}.`)
  if (backup) {
    if (all.some(({ id }) => id === backup)) return backup
    throw new Error(`There is no backup ${backup} in ${place}.`)
  }
  const readable = all.flatMap(({ manifest }) => manifest ?? [])
  const newest = readable.toSorted((a, b) => b.taken_at.localeCompare(a.taken_at))[0]
  if (!newest) throw new Error(`No list of a backup in ${place} can be read.`)
  return newest.id
}

async function list (store: CopyStore): Promise<void> {
  for (const { id, manifest } of await listStored(store)) {
    say(manifest ? describe(manifest) : `${id}  cannot be read`)
  }
}

/** The parts that are wanted and whole. @throws when none is, or one that was named is not */
async function wholeParts (
  store: CopyStore, stored: Awaited<ReturnType<typeof openStored>>, asked: Asked
): Promise<CopyPart[]> {
  const wanted = stored.manifest.parts
    .filter(({ service }) => asked.services?.includes(service) ?? true)
  const total = sum(wanted, 'bytes')
  let read = 0
  const damaged = await findDamage(store, stored, wanted, bytes => {
    read += bytes
    if (process.stdout.isTTY) process.stdout.write(`\r  checked ${sizeOf(read)} of ${sizeOf(total)}`)
  })
  if (process.stdout.isTTY) say()
  for (const [service, reason] of damaged) say(`${service} is damaged: ${reason}`)
  if (damaged.size > 0 && !asked.services) throw new Error(
    'Nothing was touched. The whole parts can be restored by name: --services ' +
    wanted.filter(({ service }) => !damaged.has(service)).map(({ service }) => service).join(','))
  if (damaged.size > 0) throw new Error('Nothing was touched.')
  if (wanted.length === 0) throw new Error('The backup has none of these services.')
  return wanted
}

/** An installation writes what ended where its own backups go, whatever else was copied by hand. */
function endingsBeside (
  store: CopyStore, environment: Environment, folder: string
): CopyStore[] {
  const own = [environment.BACKUP_DIR || join(folder, 'backups'), environment.BACKUP_S3_URL]
    .flatMap(place => place ? openStore(place, environment) : [])
  return [store, ...own.filter(({ place }) => place !== store.place)]
}

const words: Record<RestoreNote['what'], string> = {
  events_due: 'events are told again at the next start; whoever knows them ignores them',
  logins_ended: 'logins ended: everybody signs in anew',
  mails_held_back: 'mails that waited are not sent by themselves: they may have been sent since',
}

async function run (
  asked: Asked, environment: Environment, folder: string, databases: Databases
): Promise<void> {
  if (databases.was_running) throw new Error('Fermata is running on this folder: stop it first.')
  const users = await findUsers(databases.urlOf)
  if (users.length > 0) throw new Error(
    `Fermata is connected to the database (${users.join(', ')}): stop it first.`)
  const store = openStore(asked.place, environment)
  const key = await keyFor(environment, folder)
  const stored = await openStored(store, keysIn(key), await choose(store, asked))
  say(describe(stored.manifest))
  const parts = await wholeParts(store, stored, asked)
  const found = await findRows({ parts, urlOf: databases.urlOf })
  if (found.length > 0) {
    const lost = await findLost(stored.manifest.taken_at, found, databases.urlOf)
    for (const { service, rows } of found) say(`${service} holds ${rows} rows.`)
    say(`Since ${stored.manifest.taken_at}: ${lost.orders} orders and ${lost.people.length} ` +
      `accounts, which will be gone${lost.people.length > 0 ? `: ${lost.people.join(', ')}` : ''}.`)
    if (!asked.replace) throw new Error(
      'Nothing was touched: a restore is for an empty installation. --replace gives up what is there.')
  }
  const stores = endingsBeside(store, environment, folder)
  const { endings, unread } = await readEndings(stores, keysIn(key), stored.manifest.taken_at)
  say(`${endings.length} orders, tickets, accounts and addresses have ended since, and end again;`)
  say(`what ended was looked for in ${stores.map(({ place }) => place).join(', ')}.`)
  for (const file of unread) say(`${file} cannot be believed and is left out.`)
  if (!asked.yes) await confirm('restore')
  const began = performance.now()
  const notes = await restoreCopy({
    store, stored, parts, endings, urlOf: databases.urlOf,
    tell: (service, rows) => say(`${service.padEnd(14)} ${rows} rows`),
  })
  say(`${sum(parts, 'rows')} rows in ${((performance.now() - began) / 1000).toFixed(1)} s, ` +
    `as they were at ${stored.manifest.taken_at}. What came later is not there.`)
  tell(notes)
}

/** What was done besides, with its numbers and the first ten ids. */
function tell (notes: readonly RestoreNote[]): void {
  for (const [what, group] of Map.groupBy(notes, note => note.what)) {
    const count = group.reduce((total, note) => total + note.count, 0)
    const ids = what === 'mails_held_back' ? group.flatMap(note => note.ids) : []
    say(`${count} ${words[what]}${ids.length > 0 ? ` (${ids.join(', ')})` : ''}.`)
  }
  say('Access tokens that were given out since live for ten minutes at most. Start Fermata, then')
  say('count what has to agree: npm run verify')
}

async function main (): Promise<void> {
  const asked = readArguments(process.argv.slice(2), 'from', usage)
  const environment = readSettingFiles([ServerSettings, backups.settings!], readEnvironment())
  if (asked.list) return list(openStore(asked.place, environment))
  const folder = resolve(root, environment.FERMATA_DATA || 'data')
  const databases = await findDatabases(environment, folder, asked.split)
  try {
    await run(asked, environment, folder, databases)
  } finally {
    await databases.stop()
  }
}

main().catch((error: unknown) => {
  console.error(`\n  ${(error as Error).message.replaceAll('\n', '\n  ')}\n`)
  process.exitCode = 1
})
