import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { resolve } from 'node:path'
import { writeDurably } from '@fermata/platform/durable-file'
import { fingerprintOf, type Fingerprints } from '@fermata/platform/secret-fingerprints'
import type { Environment } from '@fermata/platform/settings'
import { secretsIn } from '@fermata/platform/tokens'
import {
  knownFingerprints, lasting, makeSecrets, readSecrets, rememberSecrets, secretsFile, signatures,
  storeSecrets, strangersIn, type DatabaseOf, type KeptSecrets,
} from './secrets.ts'

/**
 * `npm run admin -- secrets …`: the file of secrets beside the database that was made with it. A
 * backup does not contain it, and tells people to keep it elsewhere.
 */

export const secrets_usage = `npm run admin -- secrets fingerprint      what the file and the database say
npm run admin -- secrets export <copy>    a copy to keep, apart from backups
npm run admin -- secrets import <copy>    puts a copy back; with --yes also beside another database
npm run admin -- secrets renew            makes new ones for those that are lost`

export interface SecretsPlace {
  folder: string
  environment: Environment
  /** One for each shape in which this installation has run. */
  databases: DatabaseOf[]
}

/** The secrets that lie in the file: orders' follow from another. */
const filed = signatures.filter(name => name !== 'ORDER_SIGNATURE')

interface Found { file: string, kept: KeptSecrets, known: Fingerprints }

async function look ({ folder, environment, databases }: SecretsPlace): Promise<Found> {
  const names = filed.filter(name => !environment[name])
  const all = await Promise.all(databases.map(one => knownFingerprints(names, one)))
  const file = secretsFile(folder)
  return { file, kept: await readSecrets(file), known: Object.assign({}, ...all) as Fingerprints }
}

const valuesOf = (kept: KeptSecrets) => kept && 'values' in kept ? kept.values : {}

/** @returns lines for whoever asked. @throws with a sentence */
export async function adminSecrets (
  place: SecretsPlace, [way, copy, ...more]: string[]
): Promise<string> {
  const takes_copy = way === 'export' || way === 'import'
  const sure = way === 'import' ? more.shift() : way === 'renew' ? copy : undefined
  const is_sure = sure === '--yes'
  if (more.length > 0 || (sure !== undefined && !is_sure) ||
    (takes_copy ? !copy : copy !== undefined && !is_sure)) throw new Error(secrets_usage)
  const found = await look(place)
  if (way === 'fingerprint') return tellFingerprints(place, found)
  if (way === 'export') return exportTo(resolve(copy!), found)
  if (way === 'import') return importFrom(resolve(copy!), place, found, is_sure)
  if (way === 'renew') return renew(place, found, is_sure)
  throw new Error(secrets_usage)
}

function tellFingerprints ({ environment }: SecretsPlace, { file, kept, known }: Found): string {
  const values = valuesOf(kept)
  const state = kept === null ? ' is missing' : 'damaged' in kept ? ` ${kept.damaged}` : ''
  const rows = filed.map(name => {
    const here = environment[name] ? 'from the environment'
      : values[name] ? fingerprintOf(name, secretsIn(values[name])[0]!) : 'none'
    return `  ${name.padEnd(24)}  ${here.padEnd(20)}  ${known[name] ?? '-'}`
  })
  return [`${file}${state}`, `  ${'secret'.padEnd(24)}  ${'here'.padEnd(20)}  in the database`,
    ...rows].join('\n')
}

async function exportTo (copy: string, { file, kept, known }: Found): Promise<string> {
  if (!kept) throw new Error(`${file} is not there: secrets that come from the environment are ` +
    'kept where that is made.')
  const values = valuesOf(kept)
  if ('damaged' in kept || strangersIn(values, known).length > 0) throw new Error(
    `${file} ${'damaged' in kept ? kept.damaged : 'is not the one that the database was made with'}; a copy of it helps nobody.`)
  if (existsSync(copy)) throw new Error(`${copy} is there already and is not overwritten.`)
  await writeDurably(copy, `${JSON.stringify(values, null, 2)}\n`, 0o600)
  return `${copy} is a copy of the secrets. Keep it apart from the backups: whoever has both has everything.`
}

async function importFrom (
  copy: string, { folder, databases }: SecretsPlace, { file, kept, known }: Found, is_sure: boolean
): Promise<string> {
  const given = await readSecrets(copy)
  if (!given) throw new Error(`${copy} is not there.`)
  if ('damaged' in given) throw new Error(`${copy} ${given.damaged}.`)
  // A copy may be older than the newest kind of secret.
  const all = { ...valuesOf(kept), ...given.values }
  const strange = strangersIn(all, known)
  if (strange.length > 0 && !is_sure) throw new Error([
    `${copy} is a copy of other secrets: the database was made with`,
    ...strange.map(name => `  ${name} with the fingerprint ${known[name]}`),
    'To restore a backup of the installation whose secrets these are, repeat this with --yes.',
  ].join('\n'))
  const aside = kept ? await putAside(file) : null
  const whole = { ...makeSecrets(filed.filter(name => !all[name])), ...all }
  await storeSecrets(folder, whole)
  for (const one of databases) await rememberSecrets(whole, known, one)
  return `The secrets are back.${aside ? ` What lay there is now ${aside}.` : ''}`
}

async function putAside (file: string): Promise<string> {
  const aside = `${file}.before-${randomBytes(3).toString('hex')}`
  await rename(file, aside)
  return aside
}

async function renew (
  { folder, environment, databases }: SecretsPlace, { file, kept, known }: Found, is_sure: boolean
): Promise<string> {
  const values = valuesOf(kept)
  const strange = strangersIn(values, known)
  const lost = filed.filter(name =>
    !environment[name] && (!values[name] || strange.includes(name)))
  if (lost.length === 0) return 'No secret is lost, and none was changed.'
  const ends = lost.flatMap(name => lasting[name] ? [`  ${name}: ${lasting[name]}`] : [])
  if (!is_sure) return [
    `New secrets would be made for ${lost.join(', ')}. What ends then:`, ...ends,
    'Nothing was changed. To make them: npm run admin -- secrets renew --yes',
  ].join('\n')
  const aside = kept ? await putAside(file) : null
  const all = { ...values, ...makeSecrets(lost) }
  await storeSecrets(folder, all)
  for (const one of databases) await rememberSecrets(all, known, one)
  return [
    `New secrets are made for ${lost.join(', ')}.${aside ? ` What lay there is now ${aside}.` : ''} From now on:`,
    ...ends, 'Keep a copy: npm run admin -- secrets export <copy>',
  ].join('\n')
}
