import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Program } from './supervised-process.ts'

export interface Carrier { program: Program, url: string, pid_file: string }

/**
 * A nats-server with JetStream for one machine. It listens on loopback, where other accounts could
 * reach it too, so it asks for a password that is made here.
 */
export async function planCarrier (
  command: string, folder: string, port: number, log_file: string
): Promise<Carrier> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const password = keptPassword(join(folder, 'password'))
  const config = join(folder, 'nats.conf')
  const pid_file = join(folder, 'nats.pid')
  writeFileSync(config, [
    '# Written at each start.',
    `listen: "127.0.0.1:${port}"`,
    'server_name: fermata',
    `pid_file: ${JSON.stringify(pid_file)}`,
    // Of one event; the largest tell of an order with all its tickets.
    'max_payload: 8MB',
    'max_pending: 64MB',
    `jetstream { store_dir: ${JSON.stringify(join(folder, 'store'))} }`,
    `authorization { user: fermata, password: ${JSON.stringify(password)} }`,
    '',
  ].join('\n'), { mode: 0o600 })
  return {
    program: {
      name: 'nats', command, parameters: ['-c', config], environment: {}, log_file, channel: false,
    },
    url: `nats://fermata:${password}@127.0.0.1:${port}`, pid_file,
  }
}

function keptPassword (file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 })
  return readFileSync(file, 'utf8')
}
