import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { BrokenCopy } from './broken-copy.ts'

/*
 * The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) over AES-256-GCM: each
 * piece is sealed under a nonce that holds its number and whether it is the last, so pieces cannot
 * be swapped, repeated, left out or cut off. The key is used for one stream: it follows from a salt
 * at its beginning.
 */

export const piece_bytes = 64 * 1024
const salt_bytes = 32
const nonce_bytes = 12
const tag_bytes = 16
const magic = Buffer.from('fermata-sealed-1\n')

/** @param purpose what is sealed, e.g. which part of which backup; another has another key */
const keyFor = (key: Buffer, purpose: string, salt: Buffer) =>
  Buffer.from(hkdfSync('sha256', key, salt, `fermata sealed ${purpose}`, 32))

function nonceOf (number: number, is_last: boolean): Buffer {
  const nonce = Buffer.alloc(nonce_bytes)
  nonce.writeUInt32BE(number, nonce_bytes - 5)
  nonce[nonce_bytes - 1] = is_last ? 1 : 0
  return nonce
}

/** Seals a stream of any length up to 2^32 pieces of 64 KiB. */
export async function * seal (
  key: Buffer, purpose: string, plain: AsyncIterable<Uint8Array>
): AsyncGenerator<Buffer> {
  const salt = randomBytes(salt_bytes)
  const own = keyFor(key, purpose, salt)
  yield Buffer.concat([magic, salt])
  let number = 0
  for await (const { piece, is_last } of inPieces(plain, piece_bytes)) {
    const cipher = createCipheriv('aes-256-gcm', own, nonceOf(number++, is_last))
    yield Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()])
  }
}

/**
 * What was sealed. Nothing of a piece comes out before it was proven.
 * @throws BrokenCopy when it was not sealed with this key for this purpose, or changed or cut since
 */
export async function * unseal (
  key: Buffer, purpose: string, sealed: AsyncIterable<Uint8Array>
): AsyncGenerator<Buffer> {
  const source = sealed[Symbol.asyncIterator]()
  const head = magic.length + salt_bytes
  let begin = Buffer.alloc(0)
  while (begin.length < head) {
    const { value, done } = await source.next()
    if (done) throw new BrokenCopy('The copy ends too early.')
    begin = Buffer.concat([begin, value])
  }
  if (!begin.subarray(0, magic.length).equals(magic)) throw new BrokenCopy('This is no copy.')
  const own = keyFor(key, purpose, begin.subarray(magic.length, head))
  async function * rest (): AsyncGenerator<Uint8Array> {
    yield begin.subarray(head)
    for (let { value, done } = await source.next(); !done; { value, done } = await source.next()) {
      yield value
    }
  }
  let number = 0
  for await (const { piece, is_last } of inPieces(rest(), piece_bytes + tag_bytes)) {
    yield openPiece(own, nonceOf(number++, is_last), piece)
  }
}

function openPiece (key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
      .setAuthTag(sealed.subarray(-tag_bytes))
    return Buffer.concat([decipher.update(sealed.subarray(0, -tag_bytes)), decipher.final()])
  } catch {
    throw new BrokenCopy('The copy is not what was written, or was written with another key.')
  }
}

interface Piece { piece: Buffer, is_last: boolean }

/** All bytes, in pieces of one size; the last one has what is left, and may be empty. */
export async function * inPieces (
  bytes: AsyncIterable<Uint8Array>, size: number
): AsyncGenerator<Piece> {
  let waiting: Uint8Array[] = []
  let waiting_bytes = 0
  for await (const chunk of bytes) {
    waiting.push(chunk)
    waiting_bytes += chunk.length
    if (waiting_bytes <= size) continue
    const all = Buffer.concat(waiting)
    let start = 0
    // One is kept back: only at the end is it known which is the last.
    for (; all.length - start > size; start += size) {
      yield { piece: all.subarray(start, start + size), is_last: false }
    }
    waiting = [all.subarray(start)]
    waiting_bytes = all.length - start
  }
  yield { piece: Buffer.concat(waiting), is_last: true }
}
