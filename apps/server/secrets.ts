import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@fermata/contracts/services'
import type { Environment } from '@fermata/platform/settings'
import { orderSignatureFrom } from '@fermata/platform/tokens'

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

/**
 * The secrets of this installation: from the environment, or made at the first start and kept in a
 * file that its owner alone may read.
 * @param needed those that run here use; nobody is given another
 */
export function loadSecrets (
  folder: string, environment: Environment, needed: readonly Signature[] = signatures
): Environment {
  const missing = needed.filter(name => !environment[name])
  if (missing.length === 0) return {}
  const sources = missing.some(name => name !== 'ORDER_SIGNATURE' || !environment.JWT_EXTERNAL_SIGNATURE)
    ? keptSecrets(folder) : {}
  const external = environment.JWT_EXTERNAL_SIGNATURE || sources.JWT_EXTERNAL_SIGNATURE
  return Object.fromEntries(missing.map(name =>
    [name, name === 'ORDER_SIGNATURE' ? orderSignatureFrom(external!) : sources[name]]))
}

function keptSecrets (folder: string): Record<string, string> {
  const file = join(folder, 'secrets.json')
  const kept = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    : {}
  const missing = made.filter(name => !kept[name])
  if (missing.length > 0) {
    for (const name of missing) kept[name] = randomBytes(32).toString('base64url')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Written aside and renamed: a crash leaves the old file or the new one, never half of one.
    writeFileSync(`${file}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  chmodSync(file, 0o600)
  return kept
}
