import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '@fermata/platform/durable-file'
import type { Program } from './supervised-process.ts'

export interface Carrier { program: Program, url: string, pid_file: string }

/**
 * A nats-server with JetStream. Even on loopback other accounts could reach it, so it asks for a
 * password that is made here.
 */
export async function planCarrier (
  command: string, folder: string, address: string, log_file: string
): Promise<Carrier> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const password = await keptPassword(join(folder, 'password'))
  const config = join(folder, 'nats.conf')
  const pid_file = join(folder, 'nats.pid')
  writeFileSync(config, [
    '# Written at each start.',
    `listen: "${address}"`,
    'server_name: fermata',
    `pid_file: ${JSON.stringify(pid_file)}`,
    // Of one event; the largest tell of an order with all its tickets.
    'max_payload: 8MB',
    'max_pending: 64MB',
    // A client that is cut off is forgotten soon, with the requests for events that it cannot hear.
    'ping_interval: "3s"',
    'ping_max: 2',
    'write_deadline: "5s"',
    `jetstream { store_dir: ${JSON.stringify(join(folder, 'store'))} }`,
    `authorization { user: fermata, password: ${JSON.stringify(password)} }`,
    '',
  ].join('\n'), { mode: 0o600 })
  return {
    program: {
      name: 'nats', command, parameters: ['-c', config], environment: {}, log_file, channel: false,
    },
    url: `nats://fermata:${password}@${address}`, pid_file,
  }
}

async function keptPassword (file: string): Promise<string> {
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (kept !== '') return kept
  const made = randomBytes(24).toString('hex')
  await writeDurably(file, made, 0o600)
  return made
}
