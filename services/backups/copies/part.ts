import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { ServiceName } from '@fermata/contracts/services'
import { readExport } from '@fermata/platform/export-reader'
import { BrokenCopy } from './broken-copy.ts'
import { giveWay } from './give-way.ts'
import type { CopyPart } from './manifest.ts'
import { inPieces, seal, unseal } from './sealing.ts'
import type { CopyStore } from './store.ts'

/** A file of a part: small enough to be held and sent at once. */
const file_bytes = 16 * 1024 * 1024

/** The first level costs a tenth of what gzip's does, and makes as little of it. */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

const purposeOf = (backup_id: string, service: ServiceName) => `part ${backup_id} ${service}`

/** Writes an export as files of a backup. @returns what the manifest says of it */
export async function writePart (
  store: CopyStore, key: Buffer, backup_id: string, service: ServiceName, copy: Readable
): Promise<CopyPart> {
  const compressed = createZstdCompress(compression)
  const { watched, found } = watchExport(copy)
  const compressing = pipeline(watched, compressed)
  // Whoever reads the compressed stream hears of it as well.
  compressing.catch(() => undefined)
  const files: CopyPart['files'] = []
  const sealed = seal(key, purposeOf(backup_id, service), compressed)
  for await (const { piece } of inPieces(sealed, file_bytes)) {
    const name = `${service}-${String(files.length + 1).padStart(5, '0')}`
    await store.write(`${backup_id}/${name}`, piece)
    files.push({ name, bytes: piece.length, sha256: sha256Of(piece) })
  }
  await compressing
  const { migrations, tables } = await found
  return {
    service, migrations, tables, files,
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
  }
}

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** One digest for all files of a part. */
export const digestOf = ({ files }: CopyPart) =>
  sha256Of(Buffer.from(files.map(file => file.sha256).join('\n')))

/** The first table that is not in both, with the rows it should have; null where there is none. */
export function differingTable (
  a: CopyPart['tables'], b: CopyPart['tables']
): string | null {
  const digests = new Map(b.map(table => [table.name, table.sha256]))
  const changed = a.find(table => digests.get(table.name) !== table.sha256)
  if (changed) return changed.name
  return a.length === b.length ? null : 'list'
}

/**
 * The export as it was written; what was changed breaks the stream, with a `BrokenCopy`.
 */
export function readPart (
  store: CopyStore, key: Buffer, backup_id: string, part: CopyPart
): Readable {
  const plain = createZstdDecompress({ chunkSize: 256 * 1024 })
  async function * bytes (): AsyncGenerator<Buffer> {
    for (const file of part.files) yield await readFile(store, backup_id, file)
  }
  const opened = unseal(key, purposeOf(backup_id, part.service), bytes())
  // The error reaches whoever reads the copy; here it has been handled by that.
  pipeline(Readable.from(opened, { objectMode: false }), plain).catch(() => undefined)
  return plain
}

async function readFile (
  store: CopyStore, backup_id: string, file: CopyPart['files'][number]
): Promise<Buffer> {
  const found = await store.read(`${backup_id}/${file.name}`)
  if (found.length === file.bytes && sha256Of(found) === file.sha256) return found
  throw new BrokenCopy('The file is not the one that was written.')
}

/**
 * Whether the files of a part are those that were written, by what a signed manifest says of them.
 * @throws BrokenCopy
 */
export async function checkFiles (
  store: CopyStore, backup_id: string, part: CopyPart, tell: (bytes: number) => void = () => {}
): Promise<void> {
  for (const file of part.files) {
    await readFile(store, backup_id, file)
    tell(file.bytes)
  }
}

type Told = Pick<CopyPart, 'migrations' | 'tables'>

/** Passes an export on and reads along: which tables it has, with rows and digests. */
function watchExport (copy: Readable): { watched: AsyncGenerator<Buffer>, found: Promise<Told> } {
  const told = Promise.withResolvers<Told>()
  told.promise.catch(() => undefined)
  const [ours, theirs] = tee(copy)
  readAll(theirs).then(told.resolve, (error: unknown) => {
    told.reject(error)
    // Nobody reads it any more, and whoever waits for that is let go.
    theirs.destroy()
  })
  return { watched: ours, found: told.promise }
}

/** Two readers of one stream: the second is told of each chunk before the first gets it. */
function tee (copy: Readable): [AsyncGenerator<Buffer>, Readable] {
  const second = new Readable({ read () {}, highWaterMark: 1024 * 1024 })
  async function * first (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of giveWay(copy)) {
        if (!second.push(chunk)) await drained(second)
        yield chunk as Buffer
      }
      second.push(null)
    } catch (error) {
      second.destroy(error as Error)
      throw error
    }
  }
  return [first(), second]
}

/** Until the second reader has caught up, or has given up. */
const drained = (stream: Readable) => new Promise<void>(resolve => {
  const look = () => {
    if (stream.destroyed || stream.readableLength < stream.readableHighWaterMark) resolve()
    else setImmediate(look)
  }
  look()
})

async function readAll (copy: Readable): Promise<Told> {
  const reader = readExport(copy)
  const { migrations } = await reader.next() as { migrations: string[] }
  const tables: CopyPart['tables'] = []
  for (;;) {
    const line = await reader.next() as { table?: string, sequences?: unknown }
    if (line.sequences) break
    // Whether they are what the line after them says is for the one who puts them back to find.
    for await (const piece of reader.pieces()) void piece
    const { rows, sha256 } = await reader.next() as { rows: number, sha256: string }
    tables.push({ name: line.table!, rows, sha256 })
  }
  await reader.next()
  return { migrations, tables }
}
