import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '@fermata/platform/settings'

const names = ['JWT_EXTERNAL_SIGNATURE', 'JWT_INTERNAL_SIGNATURE', 'TICKET_SIGNATURE'] as const

/**
 * The secrets of this installation: from the environment, or made at the first start and kept in a
 * file that its owner alone may read.
 */
export function loadSecrets (folder: string, environment: Environment): Environment {
  if (names.every(name => environment[name])) return {}
  const file = join(folder, 'secrets.json')
  const kept = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    : {}
  const missing = names.filter(name => !kept[name])
  if (missing.length > 0) {
    for (const name of missing) kept[name] = randomBytes(32).toString('base64url')
    mkdirSync(folder, { recursive: true })
    // Written aside and renamed: a crash leaves the old file or the new one, never half of one.
    writeFileSync(`${file}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  chmodSync(file, 0o600)
  return Object.fromEntries(
    names.filter(name => !environment[name]).map(name => [name, kept[name]]),
  )
}
