import { createHash, randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ServiceName } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import {
  BrokenCopy, findDamage, folderStore, listStored, openStored, readPart, writeManifest, writePart,
  type Contents,
} from '@fermata/server/copies/stored'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/** R18: a copy that was changed in any way is refused, and its whole parts are accepted. */

const key = randomBytes(32)
const services: ServiceName[] = ['auth', 'orders', 'tickets']
const ids = [uuidv7(), uuidv7()]
const seed = Number(process.env.SEED ?? Date.now() % 1e9)
const runs = atScale(20, 200)
let folder: string
let whole: string
let damaged: string

/** An export of one table, as services write it. */
function exportOf (service: ServiceName, rows: number): Buffer {
  const data = Buffer.from(Array.from({ length: rows }, (_, i) =>
    `${i}\t${service} ${randomBytes(40).toString('hex')}\n`).join(''))
  const sha256 = createHash('sha256').update(data).digest('hex')
  const line = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`)
  return Buffer.concat([
    line({ format: 'fermata-export', version: 2, service, migrations: ['0001'], exported_at: '' }),
    line({ table: 'rows', columns: ['id', 'text'] }), Buffer.from(`${data.length}\n`), data,
    Buffer.from('0\n'), line({ table: 'rows', rows, sha256 }), line({ sequences: [] }),
    line({ end: { tables: 1, sha256: '' } }),
  ])
}

async function make (id: string): Promise<Map<ServiceName, Buffer>> {
  const store = folderStore(whole)
  const contents: Contents = {
    format: 'fermata-backup', version: 1, id, fermata: '0.1.0', taken_at: '2027-01-01', parts: [],
  }
  const exports = new Map(services.map(name => [name, exportOf(name, 2000)]))
  for (const [name, bytes] of exports) {
    contents.parts.push(await writePart(store, key, id, name, Readable.from([bytes])))
  }
  await store.write(`${id}/manifest.json`, writeManifest(key, contents))
  return exports
}

let exports: Map<ServiceName, Buffer>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-mutations-'))
  whole = join(folder, 'whole')
  damaged = join(folder, 'damaged')
  exports = await make(ids[0]!)
  await make(ids[1]!)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Numbers that a seed brings back (mulberry32). */
function randomOf (state: number) {
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 4_294_967_296 * below)
  }
}
const random = randomOf(seed)
const pick = <T>(list: readonly T[]) => list[random(list.length)]!

async function flip (path: string): Promise<void> {
  const bytes = await readFile(path)
  bytes[random(bytes.length)]! ^= 1 << random(8)
  await writeFile(path, bytes)
}

async function cut (path: string): Promise<void> {
  const bytes = await readFile(path)
  await writeFile(path, bytes.subarray(0, random(bytes.length)))
}

/** Each damages a file of the first backup, or its manifest. */
const mutations: Record<string, (path: string, file: string) => Promise<void>> = {
  flip, cut,
  lose: path => rm(path),
  extend: async path => {
    await writeFile(path, Buffer.concat([await readFile(path), randomBytes(1 + random(99))]))
  },
  swap: async (_path, file) => {
    const [one, other] = services.filter(name => !file.startsWith(name)).map(name => `${name}-00001`)
    const at = (name: string) => join(damaged, ids[0]!, name)
    const bytes = await readFile(at(one!))
    await cp(at(other!), at(one!))
    await writeFile(at(other!), bytes)
  },
  foreign: async (path, file) => cp(join(whole, ids[1]!, file), path),
}

/** Which parts can be restored; null when the whole backup is refused. */
async function restorable (): Promise<ServiceName[] | null> {
  const store = folderStore(damaged)
  if (!(await listStored(store)).some(({ id }) => id === ids[0])) return null
  try {
    const stored = await openStored(store, [key], ids[0]!)
    const found = await findDamage(store, stored, stored.manifest.parts)
    return services.filter(name => !found.has(name))
  } catch (error) {
    if (error instanceof BrokenCopy) return null
    throw error
  }
}

test(`R18: of ${runs} mutations every one is refused, and the parts beside it are accepted (SEED=${seed})`, async () => {
  const tried: string[] = []
  for (let i = 0; i < runs; i++) {
    await rm(damaged, { recursive: true, force: true })
    await cp(whole, damaged, { recursive: true })
    const kind = pick(Object.keys(mutations))
    const files = kind === 'swap' ? services.map(name => `${name}-00001`)
      : await readdir(join(damaged, ids[0]!))
    const file = pick(files)
    await mutations[kind]!(join(damaged, ids[0]!, file), file)
    const hurt = services.filter(name => file.startsWith(name) !== (kind === 'swap'))
    const expected = file === 'manifest.json' ? null : services.filter(name => !hurt.includes(name))
    expect(await restorable(), `${i}: ${kind} ${file}`).toEqual(expected)
    tried.push(kind)
  }
  await rm(damaged, { recursive: true, force: true })
  await cp(whole, damaged, { recursive: true })
  expect(await restorable(), 'whole again').toEqual(services)
  const counts = [...Map.groupBy(tried, kind => kind)].map(([kind, all]) => `${kind} ${all.length}`)
  figure('R18', `${runs} mutations of a copy's files (seed ${seed}; ` +
    `${counts.sort().join(', ')}): ` +
    'every one refused, every part beside it accepted, and the part itself when it was whole again')
}, 300_000)

test('readPart: gives back every byte, and none with another key, service or backup', async () => {
  const store = folderStore(whole)
  const { manifest } = await openStored(store, [randomBytes(32), key], ids[0]!)
  for (const part of manifest.parts) {
    expect(await buffer(readPart(store, key, ids[0]!, part))).toEqual(exports.get(part.service))
  }
  const [auth, orders] = manifest.parts
  const refused: [Buffer, string, typeof auth][] = [
    [randomBytes(32), ids[0]!, auth], [key, ids[0]!, { ...auth!, service: orders!.service }],
  ]
  for (const [other, id, part] of refused) {
    await expect(buffer(readPart(store, other, id, part!))).rejects.toThrow(BrokenCopy)
  }
  await expect(openStored(store, [randomBytes(32)], ids[0]!)).rejects.toThrow(BrokenCopy)
})
