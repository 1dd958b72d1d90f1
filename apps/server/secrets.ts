import { randomBytes } from 'node:crypto'
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceName } from '@fermata/contracts/services'
import { makeFolderDurably, writeDurably } from '@fermata/platform/durable-file'
import {
  fingerprintOf, keepFingerprints, readFingerprints, type Fingerprints,
} from '@fermata/platform/secret-fingerprints'
import type { Environment } from '@fermata/platform/settings'
import { orderSignatureFrom, secretsIn } from '@fermata/platform/tokens'

/** What an installation signs and encrypts with; each service gets those that its settings name. */
export const signatures = [
  'JWT_EXTERNAL_SIGNATURE', 'JWT_INTERNAL_SIGNATURE', 'ORDER_SIGNATURE', 'TICKET_SIGNATURE',
  'SECOND_FACTOR_SECRET', 'BACKUP_KEY',
] as const
export type Signature = typeof signatures[number]

/**
 * Secrets that are not everybody's, and who has them: where services run apart, a process is given
 * its own alone. Follows from the services' settings; a test compares.
 */
export const secretHolders: Record<string, readonly ServiceName[]> = {
  JWT_EXTERNAL_SIGNATURE: ['auth'],
  SECOND_FACTOR_SECRET: ['auth'],
  ORDER_SIGNATURE: ['tickets', 'notifications', 'orders', 'payments', 'expiration'],
  TICKET_SIGNATURE: ['tickets'],
  MAIL_PASSWORD: ['notifications'],
  BACKUP_KEY: ['backups'],
  BACKUP_S3_SECRET_ACCESS_KEY: ['backups'],
}

/** The signatures that one of these services needs; the pages sign and check nothing. */
export const signaturesOf = (names: readonly ServiceName[]): Signature[] =>
  names.length === 0 ? [] : signatures.filter(name =>
    (secretHolders[name] ?? names).some(holder => names.includes(holder)))

const made = signatures.filter(name => name !== 'ORDER_SIGNATURE')
type Made = Exclude<Signature, 'ORDER_SIGNATURE'>

/** What ends for good when a secret is lost; without the others nothing of value is lost. */
export const lasting: Partial<Record<Signature, string>> = {
  JWT_EXTERNAL_SIGNATURE: 'everybody has to sign in again, links in mails to orders that were ' +
    'placed without an account open nothing, and mails that wait to be sent are not sent',
  TICKET_SIGNATURE: 'devices at doors have to be online once before they know tickets sold from ' +
    'then on; tickets sold before stay good',
  SECOND_FACTOR_SECRET: 'codes of authenticator apps are refused; recovery codes work, and with ' +
    'one of them an app is set up anew',
  BACKUP_KEY: 'backups made so far can be read by nobody; the next one has the new key',
}

/** Where the fingerprint of a secret is kept; undefined where its holder does not run here. */
export type DatabaseOf = (name: ServiceName) => string | undefined

const databaseFor = (name: string, databaseOf: DatabaseOf): string | undefined =>
  name in lasting ? databaseOf(secretHolders[name]![0]!) : undefined

export const secretsFile = (folder: string) => join(folder, 'secrets.json')

/** `damaged` says what is wrong with it. */
export type KeptSecrets = { values: Partial<Record<string, string>> } | { damaged: string } | null

/** The file of secrets as it lies there; null when it is not there. */
export async function readSecrets (file: string): Promise<KeptSecrets> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new Error(`${file} cannot be read (${error.code}). Fermata's account needs that right.`)
  })
  if (text === null) return null
  if (text.trim() === '') return { damaged: 'is empty' }
  try {
    const values: unknown = JSON.parse(text)
    if (typeof values === 'object' && values !== null && !Array.isArray(values) &&
      Object.values(values).every(value => typeof value === 'string' && value !== '')) {
      return { values }
    }
  } catch {
    // No JSON: the same advice.
  }
  return { damaged: 'is damaged' }
}

/** The fingerprints that databases keep of these secrets. */
export async function knownFingerprints (
  names: readonly string[], databaseOf: DatabaseOf
): Promise<Record<string, string>> {
  const urls = new Set(names.flatMap(name => databaseFor(name, databaseOf) ?? []))
  const all: Fingerprints[] = await Promise.all([...urls].map(readFingerprints))
  return Object.fromEntries(all.flatMap(one => Object.entries(one))
    .filter(([name]) => names.includes(name)))
}

/** Whether one of the secrets of a setting, separated by commas, is the one that is known. */
const fits = (name: string, value: string, known: string) =>
  secretsIn(value).some(secret => fingerprintOf(name, secret) === known)

/** Which of the secrets are not the ones that their database was made with. */
export const strangersIn = (
  values: Partial<Record<string, string>>, known: Fingerprints
): string[] => Object.keys(known)
  .filter(name => values[name] === undefined || !fits(name, values[name], known[name]!))

/** Puts the fingerprints of secrets where they are looked for at the next start. */
export async function rememberSecrets (
  values: Partial<Record<string, string>>, known: Fingerprints, databaseOf: DatabaseOf
): Promise<void> {
  const byUrl = new Map<string, Record<string, string>>()
  for (const [name, value] of Object.entries(values)) {
    const url = databaseFor(name, databaseOf)
    const fingerprint = fingerprintOf(name, secretsIn(value!)[0]!)
    if (url === undefined || known[name] === fingerprint) continue
    byUrl.set(url, { ...byUrl.get(url), [name]: fingerprint })
  }
  for (const [url, fingerprints] of byUrl) await keepFingerprints(url, fingerprints)
}

const explainLoss = (file: string, what: string, known: Fingerprints, names: readonly string[]) =>
  new Error([
    `${file} ${what}${names.length > 0 ? ', and the database was made with its secrets:' : '.'}`,
    ...names.map(name => `  ${name} with the fingerprint ${known[name]}`),
    'Put your copy of that file back: npm run admin -- secrets import <copy>',
    'Without a copy, npm run admin -- secrets renew makes new ones, and says first what ends then.',
  ].join('\n'))

/**
 * The secrets of this installation: from the environment, or made at the first start and kept in a
 * file that its owner alone may read. The database remembers fingerprints of those that must not be
 * replaced without a word.
 * @param needed those that run here use; nobody is given another
 * @throws with a sentence where the file is damaged, or not the one that the database was made with
 */
export async function loadSecrets (
  folder: string, environment: Environment, needed: readonly Signature[], databaseOf: DatabaseOf
): Promise<Environment> {
  const missing = needed.filter(name => !environment[name])
  // Orders' follow from the one that signs logins.
  const wanted: Made[] = made.filter(name => missing.includes(name) ||
    (name === 'JWT_EXTERNAL_SIGNATURE' && missing.includes('ORDER_SIGNATURE') && !environment[name]))
  const kept = wanted.length > 0 ? await keptSecrets(folder, wanted, databaseOf) : {}
  const external = environment.JWT_EXTERNAL_SIGNATURE || kept.JWT_EXTERNAL_SIGNATURE
  return Object.fromEntries(missing.map(name =>
    [name, name === 'ORDER_SIGNATURE' ? orderSignatureFrom(external!) : kept[name]]))
}

async function keptSecrets (
  folder: string, wanted: readonly Made[], databaseOf: DatabaseOf
): Promise<Partial<Record<string, string>>> {
  const file = secretsFile(folder)
  const kept = await readSecrets(file)
  const known = await knownFingerprints(wanted, databaseOf)
  if (kept && 'damaged' in kept) throw explainLoss(file, kept.damaged, known, Object.keys(known))
  const values = kept?.values ?? {}
  const strange = strangersIn(values, known)
  if (strange.length > 0) {
    throw explainLoss(file, kept ? 'is not the right one' : 'is missing', known, strange)
  }
  const absent = made.filter(name => !values[name])
  const whole = { ...values, ...makeSecrets(absent) }
  if (absent.length > 0) await storeSecrets(folder, whole)
  else await chmod(file, 0o600)
  const used = Object.fromEntries(wanted.map(name => [name, whole[name]]))
  await rememberSecrets(used, known, databaseOf)
  return whole
}

export const makeSecrets = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map(name => [name, randomBytes(32).toString('base64url')]))

export async function storeSecrets (
  folder: string, values: Partial<Record<string, string>>
): Promise<void> {
  await makeFolderDurably(folder)
  await writeDurably(secretsFile(folder), `${JSON.stringify(values, null, 2)}\n`, 0o600)
}
