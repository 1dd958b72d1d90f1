import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { renderNginx } from '../../../deploy/nginx.ts'
import { addressOf, parts, type Instance, type Part, type Ports } from './plan-split.ts'
import type { Program } from './supervised-process.ts'

export interface FrontDoor {
  program: Program
  pid_file: string
  /** Writes its configuration without one instance, for the next time it is read; or with all. */
  leaveOut (port: number | null): void
}

/** An nginx that balances over every instance of every service. */
export async function planFrontDoor (options: {
  command: string, folder: string, ports: Ports, instances: Instance[], host: string,
  log_file: string, limits: 'on' | 'off'
}): Promise<FrontDoor> {
  const { command, folder, ports, instances, host, log_file, limits } = options
  await mkdir(folder, { recursive: true })
  const config = join(folder, 'nginx.conf')
  const leaveOut = (left_out: number | null) => {
    const of = Object.fromEntries(parts.map(part => [part, instances
      .filter(one => one.part === part && one.port !== left_out).map(addressOf)]))
    writeFileSync(config, renderNginx({
      listen: [`127.0.0.1:${ports.front_door}`], inside: [`${host}:${ports.inside_door}`],
      upstreams: { kind: 'addresses', of: of as Record<Part, string[]> },
      development: true, run_folder: folder, limits,
    }))
  }
  leaveOut(null)
  return {
    program: {
      name: 'nginx', command, parameters: ['-p', folder, '-e', 'stderr', '-c', config],
      environment: {}, log_file, channel: false,
    },
    pid_file: join(folder, 'nginx.pid'), leaveOut,
  }
}
