import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where Debian keeps servers; ordinary accounts seldom have these on their PATH. */
const system_folders = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The path of an installed program, or null. */
export function findProgram (name: string, path = ''): string | null {
  for (const folder of [...path.split(delimiter).filter(Boolean), ...system_folders]) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}

const end_within_ms = 5000

/**
 * Ends what a start that was killed left running. Programs of ours hear of its end themselves;
 * others left their process number in a file, which may have passed to another program since.
 */
export async function endLeftOver (pid_file: string, program: string): Promise<void> {
  if (!existsSync(pid_file)) return
  const pid = Number(readFileSync(pid_file, 'utf8'))
  const isThere = () =>
    spawnSync('ps', ['-o', 'command=', '-p', String(pid)]).stdout?.toString().includes(program)
  if (!Number.isInteger(pid) || pid < 2 || !isThere()) return
  process.kill(pid, 'SIGTERM')
  const deadline = performance.now() + end_within_ms
  while (isThere() && performance.now() < deadline) await sleep(50)
}
