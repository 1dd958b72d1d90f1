import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync, readFileSync, statfsSync } from 'node:fs'
import {
  chmod, mkdir, mkdtemp, rename, rm, truncate, writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/**
 * A disk in a file, whose power can be cut. The file of a loop device holds what the file system on
 * it has written out, and nothing that waits in the kernel's memory; so a copy of it, mounted, is
 * what a machine finds after a power cut. To kill the processes alone would prove nothing: what
 * they wrote without a flush is still in that memory, and the next one reads it.
 *
 * What it does not do: the copy has all that was written out, in order or not, as on a disk without
 * a cache of its own. A disk that lies about its cache is not tried.
 */

const run = promisify(execFile)

/** Sparse: the database with its log needs a third of it. */
const disk_bytes = 1_500_000_000
const needed_bytes = 4_000_000_000
/** The kernel writes out by itself every few seconds; between two of these, a copy is whole. */
const max_copies = 50

export interface Disk {
  /** Where it is mounted. */
  folder: string
  /**
   * Kills every process that works on the disk, and puts there what had been written out by then.
   */
  cut: () => Promise<void>
  remove: () => Promise<void>
}

/** Null where disks can be made, otherwise why not. */
export function whyNoDisk (): string | null {
  if (process.platform !== 'linux') return 'loop devices are Linux\'s'
  if (process.getuid?.() !== 0) return 'only root mounts'
  try {
    execFileSync('mkfs.ext4', ['-V'], { stdio: 'ignore' })
    const device = execFileSync('losetup', ['--find'], { encoding: 'utf8' }).trim()
    if (!existsSync(device)) return `there is no ${device}`
  } catch (error) {
    return (error as Error).message.split('\n')[0]!
  }
  return null
}

/** In memory where there is enough: what is tried is what was written out, not how fast. */
function roomyFolder (): string {
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > needed_bytes ? memory : tmpdir()
}

export async function makeDisk (): Promise<Disk> {
  const place = await mkdtemp(join(roomyFolder(), 'fermata-disk-'))
  await chmod(place, 0o711)
  const [image, copy, folder] = [join(place, 'image'), join(place, 'copy'), join(place, 'disk')]
  await writeFile(image, '')
  await truncate(image, disk_bytes)
  await run('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=0', '-J', 'size=16', image])
  await mkdir(folder)
  const mount = () => run('mount', ['-o', 'loop', image, folder])
  await mount()
  await chmod(folder, 0o711)
  return {
    folder,
    async cut () {
      await killAllOn(folder)
      await copyWhole(image, copy)
      await run('umount', [folder])
      await rename(copy, image)
      await mount()
    },
    async remove () {
      await killAllOn(folder)
      await run('umount', [folder])
      await rm(place, { recursive: true, force: true })
    },
  }
}

/** Whoever has this folder as its own or in its settings: Fermata, PostgreSQL, a message server. */
const processesOn = (folder: string) => readdirSync('/proc').map(Number).filter(pid => {
  if (!(pid > 1) || pid === process.pid) return false
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ||
      readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`=${folder}`) ||
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
  } catch {
    return false
  }
})

async function killAllOn (folder: string): Promise<void> {
  for (;;) {
    const pids = processesOn(folder)
    if (pids.length === 0) return
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
    await sleep(20)
  }
}

/** Copies until nothing was written meanwhile, so that the copy is one moment. */
async function copyWhole (image: string, copy: string): Promise<void> {
  for (let tries = 0; tries < max_copies; tries++) {
    await run('cp', ['--sparse=always', image, copy])
    const is_same = await run('cmp', ['--silent', image, copy]).then(() => true, () => false)
    if (is_same) return
  }
  throw new Error('The disk did not come to rest')
}
