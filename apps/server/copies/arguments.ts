import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import type { Environment } from '@fermata/platform/settings'
import type { Shape } from '../find-databases.ts'
import { readSecrets, secretsFile } from '../secrets.ts'

/** What `npm run backup` and `npm run restore` are asked. */
export interface Asked {
  /** A folder, or `s3://bucket/prefix`. */
  place: string
  backup: string | null
  services: ServiceName[] | null
  list: boolean
  yes: boolean
  /** Where the folder of an installation holds the data of both, or nothing yet. */
  shape: Shape | undefined
  replace: boolean
}

/** @throws with the usage, or a sentence about what cannot be */
export function readArguments (words: string[], name: 'to' | 'from', usage: string): Asked {
  const { values } = parse(words, usage)
  const place = values[name]
  if (!place) throw new Error(usage)
  const services = values.services?.split(',') as ServiceName[] | undefined
  const strange = services?.filter(one => !serviceNames.includes(one)) ?? []
  if (strange.length > 0) throw new Error(
    `--services names ${strange.join(', ')}; there are ${serviceNames.join(', ')}.`)
  const { list = false, yes = false, split = false, replace = false, backup = null } = values
  const shape = split ? 'split' : values.shape
  if (shape !== undefined && shape !== 'one' && shape !== 'split') throw new Error(usage)
  return { place, backup, services: services ?? null, list, yes, shape, replace }
}

function parse (words: string[], usage: string) {
  try {
    return parseArgs({ args: words, options: {
      to: { type: 'string' }, from: { type: 'string' }, backup: { type: 'string' },
      services: { type: 'string' }, list: { type: 'boolean' }, yes: { type: 'boolean' },
      split: { type: 'boolean' }, shape: { type: 'string' }, replace: { type: 'boolean' },
    } })
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}

/**
 * The key of the copies. One that is made here opens nothing, so none is.
 * @throws with what to do
 */
export async function keyFor (environment: Environment, folder: string): Promise<string> {
  if (environment.BACKUP_KEY) return environment.BACKUP_KEY
  const kept = await readSecrets(secretsFile(folder))
  if (kept && 'damaged' in kept) throw new Error(`${secretsFile(folder)} ${kept.damaged}: put your ` +
    'copy of it back, or set BACKUP_KEY.')
  const key = kept?.values.BACKUP_KEY
  if (key) return key
  throw new Error(`The key of the copies is missing. Put the installation's secrets.json into ` +
    `${folder}, or set BACKUP_KEY.`)
}

/** Asks for a word to be typed. @throws when another is */
export async function confirm (word: string): Promise<void> {
  if (!process.stdin.isTTY) throw new Error(`Nobody is here to type "${word}": add --yes.`)
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await lines.question(`  Type "${word}" to go on: `)
  lines.close()
  if (answer.trim() !== word) throw new Error('Nothing was changed.')
}
