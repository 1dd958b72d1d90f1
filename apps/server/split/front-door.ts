import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { renderNginx } from '../../../deploy/nginx.ts'
import { parts, type Part, type Ports } from './plan-split.ts'
import type { Program } from './supervised-process.ts'

export interface FrontDoor { program: Program, pid_file: string }

/** An nginx that balances over every instance of every service. */
export async function planFrontDoor (options: {
  command: string, folder: string, ports: Ports, log_file: string, limits: 'on' | 'off'
}): Promise<FrontDoor> {
  const { command, folder, ports, log_file, limits } = options
  await mkdir(folder, { recursive: true })
  const addressesOf = (part: Part) => ports.of[part].map(port => `127.0.0.1:${port}`)
  const of = Object.fromEntries(parts.map(part => [part, addressesOf(part)]))
  const config = join(folder, 'nginx.conf')
  writeFileSync(config, renderNginx({
    listen: [`127.0.0.1:${ports.front_door}`], inside: [`127.0.0.1:${ports.inside_door}`],
    upstreams: { kind: 'addresses', of: of as Record<Part, string[]> },
    development: true, run_folder: folder, limits,
  }))
  return {
    program: {
      name: 'nginx', command, parameters: ['-p', folder, '-e', 'stderr', '-c', config],
      environment: {}, log_file, channel: false,
    },
    pid_file: join(folder, 'nginx.pid'),
  }
}
