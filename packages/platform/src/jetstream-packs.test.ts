import { zstdCompressSync } from 'node:zlib'
import type { JsMsg } from '@nats-io/jetstream'
import { headers as createHeaders } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import type { Consumer } from './consumer.ts'
import { uuidv7 } from './ids.ts'
import { createReader, halve, packBatch, readPack, type Message } from './jetstream-packs.ts'
import type { Batch, StoredEvent } from './messages.ts'

const event = (data: unknown): StoredEvent => ({
  id: uuidv7(), type: 'orders.order_placed.v1', data, request_id: 'a "quoted" one', attempts: 0,
  created_at: '2026-11-25T12:00:00.000Z' })

const batch = (events: StoredEvent[], type = 'orders.order_placed.v1'): Batch =>
  ({ type, ids: events.map(({ id }) => id), text: JSON.stringify(events) })

const pack = (events: StoredEvent[], type?: string) => packBatch('orders', batch(events, type))

/** As the client library hands it over. */
function arrived ({ type, id, body, headers = createHeaders() }: Message): JsMsg {
  headers.set('Nats-Msg-Id', id)
  return { subject: type, data: Buffer.from(body), headers } as unknown as JsMsg
}

test('packs: what arrives is what was sent, alone or with many', async () => {
  for (const count of [1, 2, 499]) {
    const events = Array.from({ length: count }, (_, at) => event({ at, name: 'Zoë 🎭 "q"' }))
    const message = await pack(events)
    expect(await readPack(arrived(message))).toEqual({ id: message.id, from: 'orders', events })
  }
})

test('packs: a rush takes a tenth of its size, one event stays readable', async () => {
  const facts = { title: 'The hot event', buyer: { name: 'Guest', email: 'guest@example.com' } }
  const rush = Array.from({ length: 100 }, (_, at) => event({ at, ...facts }))
  expect((await pack(rush)).body.length).toBeLessThan(batch(rush).text.length / 4)
  expect((await pack([event(facts)])).body).toContain('"title":"The hot event"')
})

test('packs: a length that is missing or wrong costs time, and no event', async () => {
  const events = Array.from({ length: 100 }, (_, at) => event({ at }))
  const message = await pack(events)
  expect(message.headers!.get('Expanded-Length')).toBe(
    String(`{"from":"orders","events":${batch(events).text}}`.length))
  for (const length of ['', '1', 'many', '1e99']) {
    message.headers!.set('Expanded-Length', length)
    expect((await readPack(arrived(message))).events).toEqual(events)
  }
})

test('packs: halves are the whole', () => {
  const events = Array.from({ length: 5 }, (_, at) => event({ at }))
  const halves = halve(batch(events))
  expect(halves.map(({ ids }) => ids.length)).toEqual([2, 3])
  expect(halves.flatMap(({ text }) => JSON.parse(text) as StoredEvent[])).toEqual(events)
  expect(halves.flatMap(({ ids }) => ids)).toEqual(batch(events).ids)
})

test('packs: the same events have the same id, others another', async () => {
  const [a, b, c, d] = [event({}), event({}), event({}), event({})]
  const idOf = async (events: StoredEvent[]) => (await pack(events)).id
  expect(await idOf([a, b, d])).toBe(await idOf([a, b, d]))
  expect(await idOf([a, b, d])).not.toBe(await idOf([a, c, d]))
  expect(await idOf([a])).toBe(a.id)
})

test('packs: what is no pack, or would fill the memory, is refused', async () => {
  const headers = createHeaders()
  headers.set('Content-Encoding', 'zstd')
  const message = { type: 'a.b.v1', id: '1', ids: [], headers }
  await expect(readPack(arrived({ ...message, body: 'no zstd' }))).rejects.toThrow(/Unknown frame/)
  const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))
  await expect(readPack(arrived({ ...message, body: bomb }))).rejects.toThrow(/larger/)
})

test('reader: handlers of one process share a reading, and never that of other events', async () => {
  const consumer = (type: string, name: string) => ({ type, name }) as Consumer
  const read = createReader([consumer('a.b.v1', 'x.first'), consumer('a.b.v1', 'y.second'),
    consumer('a.c.v1', 'x.alone')])
  const message = await pack([event({ one: 1 })], 'a.b.v1')
  const first = await read(arrived(message))
  expect(await read(arrived(message))).toBe(first)
  // Both have had it: a repetition is read anew.
  expect(await read(arrived(message))).not.toBe(first)

  const kept = await read(arrived(await pack([event({})], 'a.b.v1')))
  expect(kept.events[0]!.data).toEqual({})
  const alone = await pack([event({ alone: true })], 'a.c.v1')
  expect(await read(arrived(alone))).not.toBe(await read(arrived(alone)))
})
