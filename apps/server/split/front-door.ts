import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderNginx } from '../../../deploy/nginx.ts'
import { addressOf, parts, type Instance, type Part, type Ports } from './plan-split.ts'
import type { Program } from './supervised-process.ts'

/** An nginx that balances over every instance of every service. */
export async function planFrontDoor (options: {
  command: string, folder: string, ports: Ports, instances: Instance[], host: string,
  log_file: string, limits: 'on' | 'off'
}): Promise<Program> {
  const { command, folder, ports, instances, host, log_file, limits } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const config = join(folder, 'nginx.conf')
  const of = Object.fromEntries(parts.map(part =>
    [part, instances.filter(one => one.part === part).map(addressOf)])) as Record<Part, string[]>
  await writeFile(config, renderNginx({
    listen: [`127.0.0.1:${ports.front_door}`], inside: [`${host}:${ports.inside_door}`],
    upstreams: { kind: 'addresses', of }, development: true, run_folder: folder, limits,
  }), { mode: 0o600 })
  return {
    name: 'nginx', command, parameters: ['-p', folder, '-e', 'stderr', '-c', config],
    environment: {}, log_file, channel: false,
  }
}
