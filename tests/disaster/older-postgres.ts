import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A server of an older major version, as the system's packages install it. */

const run = promisify(execFile)
const programs = '/usr/lib/postgresql/15/bin'
/** Nobody who is root may run PostgreSQL; the package brings this account. */
const account = 'postgres'

export const why_no_older_postgres = existsSync(`${programs}/initdb`) && process.getuid?.() === 0
  ? null : 'there is no PostgreSQL 15, or nobody who may become its account'

export interface OlderPostgres { url: string, stop: () => Promise<void> }

export async function startOlderPostgres (): Promise<OlderPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-postgres-15-'))
  const { stdout } = await run('id', ['-u', account])
  await chown(folder, Number(stdout), -1)
  await chmod(folder, 0o711)
  const data = join(folder, 'data')
  const asAccount = (program: string, words: string[]) => run('runuser',
    ['-u', account, '--', join(programs, program), '-D', data, ...words], { cwd: folder })
  await asAccount('initdb', ['-U', 'fermata', '--auth=trust', '--no-sync'])
  const options = `-k ${folder} -c listen_addresses= -c max_connections=150 -c fsync=off`
  await asAccount('pg_ctl', ['-o', options, '-l', join(folder, 'log'), '-w', 'start'])
  return {
    url: `postgres://fermata@localhost/postgres?host=${encodeURIComponent(folder)}&sslmode=disable`,
    async stop () {
      await asAccount('pg_ctl', ['-m', 'immediate', '-w', 'stop'])
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
