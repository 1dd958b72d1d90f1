import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

/** The files of backups: `<BACKUP_DIR>/<backup id>/<service>.ndjson.gz`, for their owner alone. */

const owner_only_folder = 0o700
const owner_only_file = 0o600

const folderOf = (dir: string, backup_id: string) => join(resolve(dir), backup_id)
export const pathOf = (dir: string, backup_id: string, service: string) =>
  join(folderOf(dir, backup_id), `${service}.ndjson.gz`)

/** Counts and digests what passes. */
function createMeter () {
  const hash = createHash('sha256')
  let bytes = 0
  const meter = new Transform({
    transform (chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  return { meter, read: () => ({ bytes, sha256: hash.digest('hex') }) }
}

/**
 * Writes a copy under a passing name, syncs it to disk, then gives it its own: a file with that
 * name is whole.
 * @returns bytes and SHA-256 of the file
 */
export async function storePart (
  dir: string, backup_id: string, service: string, copy: Readable
): Promise<{ bytes: number, sha256: string }> {
  await mkdir(folderOf(dir, backup_id), { recursive: true, mode: owner_only_folder })
  const path = pathOf(dir, backup_id, service)
  const passing = `${path}.partial`
  const { meter, read } = createMeter()
  try {
    const target = createWriteStream(passing, { mode: owner_only_file, flush: true })
    await pipeline(copy, createGzip(), meter, target)
    await rename(passing, path)
    return read()
  } catch (error) {
    copy.destroy()
    await rm(passing, { force: true })
    throw error
  }
}

/** SHA-256 of a file as it lies there now. @throws the file system's error when it is gone */
export async function digestPart (
  dir: string, backup_id: string, service: string
): Promise<string> {
  const hash = createHash('sha256')
  const file = createReadStream(pathOf(dir, backup_id, service))
  for await (const chunk of file) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** The copy as it came from the service; an unreadable file breaks the stream. */
export function openPart (dir: string, backup_id: string, service: string): Readable {
  const copy = createGunzip()
  // The error reaches whoever reads the copy; here it has been handled by that.
  pipeline(createReadStream(pathOf(dir, backup_id, service)), copy).catch(() => undefined)
  return copy
}

export const removeParts = (dir: string, backup_id: string) =>
  rm(folderOf(dir, backup_id), { recursive: true, force: true })
