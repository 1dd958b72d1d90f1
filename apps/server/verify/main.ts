import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { readSettingFiles } from '@fermata/platform/settings'
import { readEnvironment } from '../env.ts'
import { ServerSettings } from '../server-settings.ts'
import { findDatabases, type Shape } from './find-databases.ts'
import { describeResult } from './describe-result.ts'
import { verify } from './verify.ts'

/**
 * `npm run verify`: whether what the services hold agrees, beside a running Fermata or a stopped
 * one, in any shape. It reads; the exit code is 1 where something does not agree.
 */

const usage = `npm run verify -- [options]
  --older-than <seconds>   what is younger is on its way and no mismatch (default 60)
  --settle <seconds>       when to look again at what looked wrong (default 5)
  --shape one|split        where a folder holds the data of both
  --json                   the result for programs`

const root = fileURLToPath(new URL('../../../', import.meta.url))

interface Wanted {
  settle_ms: number
  older_than_ms: number
  shape: Shape | undefined
  json: boolean
}

function read (parameters: string[]): Wanted {
  const { values } = parseArgs({ args: parameters, options: {
    'older-than': { type: 'string', default: '60' }, settle: { type: 'string', default: '5' },
    shape: { type: 'string' }, json: { type: 'boolean', default: false },
  } })
  const { shape, json } = values
  const [older_than_ms, settle_ms] = [values['older-than'], values.settle].map(seconds =>
    Number(seconds) * 1000) as [number, number]
  const is_fine = [older_than_ms, settle_ms].every(ms => ms >= 0 && ms <= 86_400_000) &&
    (shape === undefined || shape === 'one' || shape === 'split')
  if (!is_fine) throw new Error(usage)
  return { settle_ms, older_than_ms, shape, json }
}

async function main (): Promise<void> {
  const wanted = read(process.argv.slice(2))
  const environment = readSettingFiles([ServerSettings, PlatformSettings], readEnvironment())
  const folder = resolve(root, environment.FERMATA_DATA || 'data')
  const databases = await findDatabases(environment, folder, wanted.shape)
  try {
    const { found: _, ...result } = await verify(databases.urls, wanted)
    console.log(wanted.json ? JSON.stringify(result, null, 2) : describeResult(result))
    if (result.mismatches.length > 0 || result.unanswered.length > 0) process.exitCode = 1
  } finally {
    await databases.stop()
  }
}

main().catch((error: unknown) => {
  const is_expected = error instanceof Error &&
    (error.constructor === Error || 'code' in error)
  console.error(is_expected ? `\n  ${error.message.replaceAll('\n', '\n  ')}\n` : error)
  process.exitCode = 2
})
