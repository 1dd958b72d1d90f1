import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { createDatabase, createPool } from '@fermata/platform/database'
import { migrate } from '@fermata/platform/migrate'
import { createTestDatabase, testServer } from '@fermata/testkit/postgres'

/**
 * Writes `services/<name>/database.ts`, the row types of the migrated schema.
 * `--check` only says whether one is stale. Names of services limit it to those.
 */

const root = new URL('..', import.meta.url)
const note = '/** Row types of this service, made from its migrated schema by `node tools/generate-database-types.ts`. */\n'

async function generate (service: ServiceName, url: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-types-'))
  try {
    const file = join(folder, 'database.ts')
    await promisify(execFile)(process.execPath, [new URL('node_modules/kysely-codegen/dist/cli/bin.js', root).pathname,
      '--dialect', 'postgres', '--url', url, '--include-pattern', `${service}.*`, '--default-schema', 'public',
      '--date-parser', 'string', '--numeric-parser', 'number', '--out-file', file, '--log-level', 'error',
      '--type-mapping', '{"int8":"number","timestamptz":"string"}'])
    const text = await readFile(file, 'utf8')
    return note + text.replace(/^\/\*\*[\s\S]*?\*\/\n/, '').replaceAll(';\n', '\n').replaceAll('"', '\'')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function run (names: ServiceName[], check: boolean): Promise<number> {
  const server = await testServer()
  process.env.FERMATA_TEST_DATABASE_URL = server.url
  const database = await createTestDatabase()
  const pool = createPool({ url: database.url, max_connections: 1, application_name: 'fermata-types' })
  let stale = 0
  try {
    const db = createDatabase<unknown>(pool)
    for (const service of names) {
      await migrate(db, service, new URL(`services/${service}/migrations/`, root))
      const target = new URL(`services/${service}/database.ts`, root)
      const text = await generate(service, database.url)
      let old = ''
      try { old = readFileSync(target, 'utf8') } catch { /* the first time */ }
      if (old === text) continue
      stale++
      if (check) console.error(`services/${service}/database.ts is stale: run node tools/generate-database-types.ts`)
      else writeFileSync(target, text)
    }
  } finally {
    await pool.end()
    await server.stop()
  }
  return check ? stale : 0
}

const words = process.argv.slice(2)
const named = words.filter(word => !word.startsWith('--')) as ServiceName[]
// The gateway has no tables of its own, so nobody needs row types there.
const withTables = serviceNames.filter(name => existsSync(new URL(`services/${name}/migrations/`, root)))
process.exitCode = await run(named.length > 0 ? named : withTables, words.includes('--check')) > 0 ? 1 : 0
