import { once } from 'node:events'
import type { Readable } from 'node:stream'

const newline = 0x0a
const max_bytes = 1024 * 1024

/**
 * The first line of a stream without its end; whoever reads the stream later reads it again.
 * @throws when the stream fails or ends before, or the line is too long
 */
export async function readFirstLine (stream: Readable): Promise<string> {
  let read: Buffer = Buffer.alloc(0)
  for (;;) {
    const chunk = stream.read() as Buffer | null
    if (chunk === null) {
      if (stream.readableEnded || stream.destroyed) throw new Error('The stream ends too early')
      await Promise.race([once(stream, 'readable'), ended(stream)])
      continue
    }
    read = Buffer.concat([read, chunk])
    const end = read.indexOf(newline)
    if (end !== -1) {
      stream.unshift(read)
      return read.subarray(0, end).toString()
    }
    if (read.length > max_bytes) throw new Error('The first line is too long')
  }
}

/** A stream that is at its end tells so in its own way. */
const ended = (stream: Readable) => new Promise<void>(resolve => {
  stream.once('end', resolve).once('close', resolve)
})
