import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { readSettingFiles } from '@fermata/platform/settings'
import { readEnvironment } from '../env.ts'
import { findDatabases, type FoundDatabases, type Shape } from '../find-databases.ts'
import { ServerSettings } from '../server-settings.ts'
import { describeResult } from './describe-result.ts'
import { mendable, repair, repairs } from './repairs.ts'
import { verify } from './verify.ts'

/**
 * `npm run verify`: whether what the services hold agrees, beside a running Fermata or a stopped
 * one, in any shape. It reads; the exit code is 1 where something does not agree. With `--repair`
 * it says what it would mend, and with `--yes` mends it.
 */

const usage = `npm run verify -- [options]
  --older-than <seconds>   what is younger is on its way and no mismatch (default 60)
  --settle <seconds>       when to look again at what looked wrong (default 5)
  --shape one|split        where a folder holds the data of both
  --json                   the result for programs
  --repair <name>          say what would be mended: ${Object.keys(repairs).join(', ')}
  --yes                    and mend it`

const root = fileURLToPath(new URL('../../../', import.meta.url))

interface Wanted {
  settle_ms: number
  older_than_ms: number
  shape: Shape | undefined
  json: boolean
  repair: string | undefined
  yes: boolean
}

function read (parameters: string[]): Wanted {
  const { values } = parseArgs({ args: parameters, options: {
    'older-than': { type: 'string', default: '60' }, settle: { type: 'string', default: '5' },
    shape: { type: 'string' }, json: { type: 'boolean', default: false },
    repair: { type: 'string' }, yes: { type: 'boolean', default: false },
  } })
  const { shape, json, repair, yes } = values
  const [older_than_ms, settle_ms] = [values['older-than'], values.settle].map(seconds =>
    Number(seconds) * 1000) as [number, number]
  const is_fine = [older_than_ms, settle_ms].every(ms => ms >= 0 && ms <= 86_400_000) &&
    (shape === undefined || shape === 'one' || shape === 'split') &&
    (repair === undefined ? !yes : Object.hasOwn(repairs, repair))
  if (!is_fine) throw new Error(usage)
  return { settle_ms, older_than_ms, shape, json, repair, yes }
}

async function main (): Promise<void> {
  const wanted = read(process.argv.slice(2))
  const environment = readSettingFiles([ServerSettings, PlatformSettings], readEnvironment())
  const folder = resolve(root, environment.FERMATA_DATA || 'data')
  const databases = await findDatabases(environment, folder, wanted.shape)
  try {
    if (await mend(databases, wanted)) console.log('\n  Mended. What there is now:')
    const { found: _, ...result } = await verify(databases.urls, wanted)
    console.log(wanted.json ? JSON.stringify(result, null, 2) : describeResult(result))
    if (result.mismatches.length > 0 || result.unanswered.length > 0) process.exitCode = 1
  } finally {
    await databases.stop()
  }
}

/** Says what the wanted repair would do. @returns whether it was done */
async function mend (
  { urls }: FoundDatabases, { repair: name, yes, ...options }: Wanted
): Promise<boolean> {
  if (name === undefined) return false
  const chosen = repairs[name]!
  const wrong = mendable(chosen, (await verify(urls, options)).found)
  console.log(`\n  ${name} would ${chosen.says}:`)
  for (const { service, id, detail } of wrong) console.log(`    ${service} ${id}  ${detail}`)
  if (wrong.length === 0) console.log('    nothing')
  else if (!yes) console.log('\n  Nothing was changed. With --yes it is done.')
  if (!yes || wrong.length === 0) return false
  await repair(chosen, wrong, urls)
  return true
}

main().catch((error: unknown) => {
  const is_expected = error instanceof Error &&
    (error.constructor === Error || 'code' in error)
  console.error(is_expected ? `\n  ${error.message.replaceAll('\n', '\n  ')}\n` : error)
  process.exitCode = 2
})
