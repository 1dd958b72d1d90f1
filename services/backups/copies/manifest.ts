import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { serviceNames } from '@fermata/contracts/services'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { BrokenCopy } from './broken-copy.ts'

/**
 * What a backup is made of. It can be read without the key, so that a list needs none; what it says
 * is believed with the key only.
 */

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Count = Type.Integer({ minimum: 0 })

export const CopyFile = Type.Object({
  name: Type.String({ pattern: '^[a-z]+-\\d{5}$' }), bytes: Count, sha256: Sha256,
})
export const CopyTable = Type.Object({ name: Type.String(), rows: Count, sha256: Sha256 })

/** One service's part. */
export const CopyPart = Type.Object({
  service: Type.Enum(serviceNames),
  migrations: Type.Array(Type.String()),
  rows: Count,
  bytes: Count,
  tables: Type.Array(CopyTable),
  files: Type.Array(CopyFile),
})
export type CopyPart = Static<typeof CopyPart>

const Contents = Type.Object({
  format: Type.Literal('fermata-backup'),
  version: Type.Literal(1),
  id: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
  fermata: Type.String(),
  taken_at: Type.String(),
  parts: Type.Array(CopyPart, { maxItems: 100 }),
})
export type Contents = Static<typeof Contents>

export const Manifest = Type.Object({ ...Contents.properties, signature: Type.String() })
export type Manifest = Static<typeof Manifest>

export const manifest_file = 'manifest.json'

function signatureOf (key: Buffer, contents: Contents): string {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'fermata backup manifest', 32))
  return createHmac('sha256', own).update(JSON.stringify(contents)).digest('base64url')
}

export const writeManifest = (key: Buffer, contents: Contents): Buffer =>
  Buffer.from(`${JSON.stringify({ ...contents, signature: signatureOf(key, contents) }, null, 2)}\n`)

/** @throws BrokenCopy when it is none */
export function readManifest (bytes: Buffer): Manifest {
  try {
    const read = JSON.parse(bytes.toString()) as unknown
    if (Value.Check(Manifest, read)) return read
  } catch {
    // Said below.
  }
  throw new BrokenCopy('The list of this backup cannot be read.')
}

/** @throws BrokenCopy when it was not signed with this key, or changed since */
export function requireSigned (key: Buffer, { signature, ...contents }: Manifest): void {
  const [found, expected] = [Buffer.from(signature), Buffer.from(signatureOf(key, contents))]
  if (found.length === expected.length && timingSafeEqual(found, expected)) return
  throw new BrokenCopy('The list of this backup was changed, or written with another key.')
}
