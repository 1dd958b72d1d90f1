import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A disk of its own, in memory, that can be filled and freed. */
export interface SmallDisk {
  /** @param left_bytes about so much stays free */
  fill: (left_bytes: number) => Promise<void>
  free: () => Promise<void>
  /** Leaves so much room as the disk will ever have, without writing anything; then as before. */
  shrink: (left_bytes: number) => void
  grow: () => void
  remove: () => void
}

/** Says why where it cannot: mounting needs root, and many containers forbid it to root as well. */
export function canMount (): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    console.log('SKIPPED: nothing can be mounted here, so no disk of a few megabytes can be filled.')
    return false
  }
}

export function mountSmallDisk (folder: string, size_mb: number): SmallDisk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size_mb}m,mode=711`, 'tmpfs', folder])
  const filler = join(folder, 'filler')
  const resize = (size: string) =>
    execFileSync('mount', ['-o', `remount,size=${size}`, folder])
  return {
    async fill (left_bytes) {
      const { bavail, bsize } = statfsSync(folder)
      const file = await open(filler, 'w')
      const chunk = Buffer.alloc(64 * 1024)
      for (let rest = bavail * bsize - left_bytes; rest > 0; rest -= chunk.length) {
        await file.write(chunk)
      }
      await file.close()
    },
    free: () => rm(filler, { force: true }),
    shrink (left_bytes) {
      const { blocks, bfree, bsize } = statfsSync(folder)
      resize(String((blocks - bfree) * bsize + left_bytes))
    },
    grow () { resize(`${size_mb}m`) },
    remove: () => { execFileSync('umount', ['--lazy', folder]) },
  }
}

/** A small disk in the place of a folder, with what is in the folder and its owner. */
export function mountOver (folder: string, size_mb: number): SmallDisk {
  const before = `${folder}.before`
  execFileSync('cp', ['-a', folder, before])
  const disk = mountSmallDisk(folder, size_mb)
  execFileSync('cp', ['-a', `${before}/.`, folder])
  return disk
}
