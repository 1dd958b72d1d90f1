import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { importMismatch } from '@fermata/contracts/platform'
import { Problem } from './problem.ts'

/** Longer than any line of ours; whoever sends more sends no copy. */
const max_line_bytes = 1024 * 1024
/** More than PostgreSQL and its driver hand over at once. */
const max_piece_bytes = 256 * 1024 * 1024
const newline = 0x0a

export interface ExportReader {
  /** The next line, as what its JSON says. */
  next: () => Promise<unknown>
  /** The rows of the table whose line was read last. */
  pieces: () => AsyncGenerator<Buffer>
  /** The digest of all lines before the last one that was read. */
  digestBefore: () => string
  /** Whether anything follows. */
  more: () => Promise<boolean>
  /** Reads on to the end: a sender who is cut off in the middle never sees why. */
  drain: () => Promise<void>
}

const refuse = (detail: string) =>
  new Problem(importMismatch, detail, { extensions: { table: '' } })

/** Reads what `exportTables` wrote. @throws Problem `platform/import-mismatch` where it is not */
export function readExport (body: Readable): ExportReader {
  const chunks = body.iterator({ destroyOnReturn: false })
  const hash = createHash('sha256')
  let before = ''
  let rest: Buffer = Buffer.alloc(0)

  /** @returns false at the end of the stream */
  async function readOn (): Promise<boolean> {
    const { value, done } = await chunks.next() as IteratorResult<Uint8Array>
    if (done) return false
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    return true
  }

  async function line (): Promise<Buffer> {
    let end = rest.indexOf(newline)
    while (end === -1) {
      if (rest.length > max_line_bytes) throw refuse('A line of the copy is too long.')
      if (!await readOn()) throw refuse('The copy ends too early.')
      end = rest.indexOf(newline)
    }
    const found = rest.subarray(0, end + 1)
    rest = rest.subarray(end + 1)
    return found
  }

  async function * piece (length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      if (rest.length === 0 && !await readOn()) throw refuse('The copy ends too early.')
      const part = rest.subarray(0, left)
      rest = rest.subarray(part.length)
      left -= part.length
      yield part
    }
  }

  return {
    async next () {
      const found = await line()
      before = hash.copy().digest('hex')
      hash.update(found)
      try {
        return JSON.parse(found.toString()) as unknown
      } catch {
        throw refuse('A line of the copy cannot be read.')
      }
    },
    async * pieces () {
      for (;;) {
        const found = await line()
        hash.update(found)
        const text = found.toString().trimEnd()
        const length = /^\d{1,9}$/.test(text) ? Number(text) : Infinity
        if (length > max_piece_bytes) throw refuse('A line of the copy cannot be read.')
        if (length === 0) return
        yield * piece(length)
      }
    },
    digestBefore: () => before,
    more: async () => rest.length > 0 || await readOn(),
    async drain () {
      await chunks.return?.()
      // A sender who hung up is no news here: the reader has said what is wrong.
      await finished(body.resume()).catch(() => undefined)
    },
  }
}
