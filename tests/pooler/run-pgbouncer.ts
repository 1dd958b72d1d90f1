import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@fermata/platform/embedded-postgres/server-process'
import { eventually } from '@fermata/testkit/start'

export interface Pgbouncer { url: string, stop: () => Promise<void> }

/** What those set who make a program work that opens its connections with settings. */
export const ignoring = 'ignore_startup_parameters = options, extra_float_digits, statement_timeout, '
  + 'lock_timeout, idle_in_transaction_session_timeout'

const answers = (port: number) => new Promise<boolean>(resolve => {
  const socket = connect({ host: '127.0.0.1', port })
  socket.once('connect', () => { socket.destroy(); resolve(true) })
  socket.once('error', () => resolve(false))
})

/** A real PgBouncer before the server at `database_url`. @param lines of its configuration */
export async function startPgbouncer (database_url: string, lines: string[]): Promise<Pgbouncer> {
  const { hostname, port: server_port, username, password, pathname } = new URL(database_url)
  const folder = await mkdtemp(join(tmpdir(), 'fermata-pooler-'))
  await chmod(folder, 0o755)
  const port = await freePort(0)
  const database = pathname.slice(1)
  const config = join(folder, 'pgbouncer.ini')
  await writeFile(config, [
    '[databases]',
    `${database} = host=${hostname} port=${server_port} dbname=${database} user=${username} password=${
      decodeURIComponent(password)}`,
    '[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =',
    'auth_type = any', ...lines, '',
  ].join('\n'))
  // It refuses to be root.
  const child = spawn('pgbouncer', [...process.getuid?.() === 0 ? ['-u', 'nobody'] : [], config],
    { stdio: 'ignore' })
  const ended = new Promise<void>(resolve => { child.once('exit', () => resolve()) })
  await eventually(() => answers(port), 'PgBouncer to answer')
  return {
    url: `postgres://${username}:x@127.0.0.1:${port}/${database}`,
    async stop () {
      child.kill('SIGINT')
      const force = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(force)
      await rm(folder, { recursive: true })
    },
  }
}
