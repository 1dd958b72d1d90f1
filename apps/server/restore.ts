import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findDamage, listStored, openStored } from '@fermata/backups/copies/check-copy'
import { countEndings, readEndings } from '@fermata/backups/copies/endings'
import type { CopyPart, Manifest } from '@fermata/backups/copies/manifest'
import { keysIn, openStore } from '@fermata/backups/copies/open-store'
import type { CopyStore } from '@fermata/backups/copies/store'
import type { RestoreReport } from '@fermata/contracts/backups'
import type { RestoreNote } from '@fermata/contracts/platform'
import type { ServiceName } from '@fermata/contracts/services'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { readSettingFiles, type Environment } from '@fermata/platform/settings'
import { confirm, keyFor, readArguments, type Asked } from './copies/arguments.ts'
import { describeLost, findLost } from './copies/find-lost.ts'
import { findRows, findUsers, restoreCopy } from './copies/restore-copy.ts'
import { settle, type SettleOptions } from './copies/settle.ts'
import { readEnvironment } from './env.ts'
import { findDatabases, type FoundDatabases } from './find-databases.ts'
import { ServerSettings } from './server-settings.ts'
import { allServices } from './services.ts'
import { describeResult } from './verify/describe-result.ts'

/**
 * `npm run restore -- --from <folder or bucket>`: into an installation of any shape that is empty
 * and not running. Everything is checked before anything is touched.
 */

const usage = `npm run restore -- --from <folder or s3://bucket/folder> [--backup <id>]
  --list      only says what is there; needs no key and no database
  --services  some of them, e.g. --services orders,payments
  --split     into a database for each service, as npm run start:split uses them
  --shape one where a folder holds the data of both, and one process has it
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
  events_due: 'events were told again; whoever knew them ignored them',
  logins_ended: 'logins ended: everybody signs in anew',
  mails_held_back: 'mails are not sent by themselves, for they may have been sent since',
}

const endedWords: Record<keyof RestoreReport['ended'], string> = {
  accounts: 'accounts that were deleted since end again',
  addresses: 'addresses that were erased since are erased again',
  orders: 'orders that were canceled or refunded since open no door',
  tickets: 'tickets that were voided since are void again',
  rights: 'accounts whose roles were set since: none has a role that was taken away',
  members: 'members of organisers who were removed or changed since: none may do what they might not',
  passwords: 'passwords that were changed since: the old one opens nothing, a mailed link sets a new one',
}

/** What is to be put back, checked before anything is touched. */
interface Checked {
  store: CopyStore
  stored: Awaited<ReturnType<typeof openStored>>
  parts: CopyPart[]
  keys: Buffer[]
}

async function check (asked: Asked, environment: Environment, folder: string): Promise<Checked> {
  const store = openStore(asked.place, environment)
  const keys = keysIn(await keyFor(environment, folder))
  const stored = await openStored(store, keys, await choose(store, asked))
  say(describe(stored.manifest))
  return { store, stored, keys, parts: await wholeParts(store, stored, asked) }
}

interface Place { environment: Environment, folder: string, databases: FoundDatabases }

async function run (
  asked: Asked, { store, stored, parts, keys }: Checked, { environment, folder, databases }: Place
): Promise<void> {
  const { was_running, urls } = databases
  const urlOf = (name: ServiceName) => urls.get(name)!
  const { taken_at } = stored.manifest
  if (was_running) throw new Error('Fermata is running on this folder: stop it first.')
  const users = await findUsers(urlOf)
  if (users.length > 0) throw new Error(
    `Fermata is connected to the database (${users.join(', ')}): stop it first.`)
  const found = await findRows({ parts, urlOf })
  for (const { service, rows } of found) say(`${service} holds ${rows} rows.`)
  const lost = await findLost(taken_at, found.map(({ service }) => service), urlOf)
  for (const line of describeLost(taken_at, lost)) say(line)
  if (found.length > 0 && !asked.replace) throw new Error(
    'Nothing was touched: a restore is for an empty installation. --replace gives up what is there.')
  const stores = endingsBeside(store, environment, folder)
  const { endings, unread, known_since } = await readEndings(stores, keys, taken_at)
  const ended = countEndings(endings, taken_at)
  const count = Object.values(ended).reduce((total, one) => total + one, 0)
  say(`${count} orders, tickets, accounts, addresses, roles, members and passwords ended or ` +
    'changed since: what was taken away is taken away again;')
  say(`what ended was looked for in ${stores.map(({ place }) => place).join(', ')}.`)
  for (const file of unread) say(`${file} cannot be believed and is left out.`)
  if (known_since && known_since > taken_at) say(
    `What ended before ${known_since} is not known any more: it comes back with this copy.`)
  if (asked.services) say('Money and tickets of orders that are not there afterwards are given up.')
  if (!asked.yes) await confirm('restore')
  const began = performance.now()
  const notes = await restoreCopy({
    store, stored, parts, endings, urlOf,
    tell: (service, rows) => say(`${service.padEnd(14)} ${rows} rows`),
  })
  say(`${sum(parts, 'rows')} rows in ${((performance.now() - began) / 1000).toFixed(1)} s, ` +
    `as they were at ${taken_at}. What came later is not there.`)
  for (const [what, count] of Object.entries(ended)) {
    if (count > 0) say(`${count} ${endedWords[what as keyof typeof endedWords]}.`)
  }
  await finish(notes, { environment, folder, urls, restored: parts.map(part => part.service) })
}

/** Lets the services catch up, says what was done, and ends with what they hold. */
async function finish (notes: RestoreNote[], options: SettleOptions): Promise<void> {
  say()
  say('The services catch up with what was on its way, and are compared ...')
  const settled = await settle(options).catch((error: unknown) => {
    tell(notes)
    throw new Error(`All rows are back. The services cannot be compared here: ${
      (error as Error).message}\nStart Fermata as always, then: npm run verify`, { cause: error })
  })
  tell([...notes, ...settled.notes])
  for (const { says, wrong } of settled.mended) {
    say(`Did not agree, so it was decided to ${says}:`)
    for (const { service, id, detail } of wrong) say(`  ${service} ${id}  ${detail}`)
  }
  console.log(describeResult(settled.result))
  const { mismatches, unanswered } = settled.result
  if (mismatches.length > 0 || unanswered.length > 0) process.exitCode = 1
}

/** What was done besides, with its numbers and the first ten ids. */
function tell (notes: readonly RestoreNote[]): void {
  for (const [what, group] of Map.groupBy(notes, note => note.what)) {
    const count = group.reduce((total, note) => total + note.count, 0)
    const ids = what === 'mails_held_back' ? group.flatMap(note => note.ids) : []
    say(`${count} ${words[what]}${ids.length > 0 ? ` (${ids.slice(0, 10).join(', ')})` : ''}.`)
  }
  say('Access tokens that were given out since live for ten minutes at most.')
}

async function main (): Promise<void> {
  const asked = readArguments(process.argv.slice(2), 'from', usage)
  const own = Object.values(allServices).flatMap(one => one.settings ?? [])
  const environment = readSettingFiles(
    [ServerSettings, PlatformSettings, ...own], readEnvironment())
  if (asked.list) return list(openStore(asked.place, environment))
  const folder = resolve(root, environment.FERMATA_DATA || 'data')
  const checked = await check(asked, environment, folder)
  const databases = await findDatabases(environment, folder, asked.shape, true)
  try {
    await run(asked, checked, { environment, folder, databases })
  } finally {
    await databases.stop()
  }
}

main().catch((error: unknown) => {
  console.error(`\n  ${(error as Error).message.replaceAll('\n', '\n  ')}\n`)
  process.exitCode = 1
})
