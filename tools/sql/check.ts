import { existsSync } from 'node:fs'
import { serviceNames } from '@fermata/contracts/services'
import { createDatabase, createPool } from '@fermata/platform/database'
import { jobs_schema } from '@fermata/platform/jobs'
import { migrate } from '@fermata/platform/migrate'
import { markRestoring } from '@fermata/platform/restore-mark'
import { createTestDatabase, testServer } from '@fermata/testkit/postgres'
import { runMigrations } from 'graphile-worker'
import { listFiles } from '../sources.ts'
import { Describer } from './describe.ts'
import { findStatements } from './find-statements.ts'
import { compare, type Described } from './shadow.ts'

/** Statements whose rows have a type that nothing can check, because of what they are made of. */
const made_where_they_run: Record<string, string> = {
  'apps/server/copies/queries.ts': 'counts the rows of tables that it finds',
  'apps/server/find-databases.ts': 'asks what is there before anything is migrated',
  'packages/platform/src/personal-data-queries.ts': 'shows the columns that a service lists',
  'packages/platform/src/table-copy.ts': 'reads the migrations of any schema',
}

/** They make the servers and folders in which the rest has its tables. */
const isProduct = (path: string) => /^(services|packages|apps\/server)\/.*\.ts$/.test(path) &&
  !/\.test\.ts$|\/test\/|\/testkit\/|\/embedded-postgres\//.test(path)

/** @returns what is wrong, each with file and line, and how many statements were looked at */
export async function checkStatements (
  words: readonly string[] = []
): Promise<{ findings: string[], checked: number }> {
  const paths = listFiles().filter(isProduct)
    .filter(path => words.length === 0 || words.some(word => path.includes(word)))
  return withSchema(async url => {
    const describer = new Describer(url)
    await describer.start()
    try {
      const { described, findings } = await describe(describer, paths)
      return { findings: [...findings, ...await compare(described)], checked: described.length }
    } finally {
      await describer.stop()
    }
  })
}

/** Gives `work` a database in which every service has its tables. */
async function withSchema<T> (work: (url: string) => Promise<T>): Promise<T> {
  const server = await testServer()
  process.env.FERMATA_TEST_DATABASE_URL ??= server.url
  const { url } = await createTestDatabase()
  const pool = createPool({ url, max_connections: 1, application_name: 'fermata-statements' })
  try {
    const db = createDatabase(pool)
    for (const service of serviceNames) {
      const folder = new URL(`../../services/${service}/migrations/`, import.meta.url)
      if (existsSync(folder)) await migrate(db, service, folder)
    }
    await runMigrations({ pgPool: pool, schema: jobs_schema })
    await markRestoring(db, { backup_id: crypto.randomUUID(), services: [] }, [])
    return await work(url)
  } finally {
    await pool.end()
    await server.stop()
  }
}

async function describe (
  describer: Describer, paths: readonly string[]
): Promise<{ described: Described[], findings: string[] }> {
  const described: Described[] = []
  const findings: string[] = []
  for (const statement of paths.flatMap(path => findStatements(path))) {
    const at = `${statement.path}:${statement.line}`
    if (statement.unknown !== null && statement.row && !(statement.path in made_where_they_run)) {
      findings.push(`${at} ${statement.unknown}, so nothing checks the type of its rows`)
    }
    for (const { text, parameters } of statement.texts) {
      try {
        described.push({ statement, of: await describer.describe(text), parameters })
      } catch (error) {
        findings.push(`${at} PostgreSQL refuses it: ${(error as Error).message}\n${text}`)
      }
    }
  }
  return { described, findings }
}
