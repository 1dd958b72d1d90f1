import { deflateRawSync } from 'node:zlib'
import type { JsMsg } from '@nats-io/jetstream'
import { headers as createHeaders } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import type { Consumer } from './consumer.ts'
import { uuidv7 } from './ids.ts'
import { createReader, packEvents, readPack, type Message } from './jetstream-packs.ts'
import type { OutboxEvent } from './messages.ts'

const event = (data: unknown, type = 'orders.order_placed.v1'): OutboxEvent => ({
  id: uuidv7(), type, text: JSON.stringify(data), request_id: 'a "quoted" one', attempts: 0,
  created_at: '2026-11-25T12:00:00.000Z' })

/** As the client library hands it over. */
function arrived ({ type, id, body, headers = createHeaders() }: Message): JsMsg {
  headers.set('Nats-Msg-Id', id)
  const data = Buffer.from(body)
  return { subject: type, data, headers, json: () => JSON.parse(data.toString()) as unknown,
  } as unknown as JsMsg
}

test('packs: what arrives is what was sent, alone or with many', () => {
  for (const count of [1, 2, 499]) {
    const events = Array.from({ length: count }, (_, at) => event({ at, name: 'Zoë 🎭 "q"' }))
    const [message, ...more] = packEvents('orders', events)
    expect(more).toEqual([])
    expect(readPack(arrived(message!))).toEqual({ from: 'orders', events: events.map(
      ({ id, request_id, created_at, text }) =>
        ({ id, request_id, created_at, data: JSON.parse(text) as unknown })) })
  }
})

test('packs: a rush takes a tenth of its size, one event stays readable', () => {
  const facts = { title: 'The hot event', buyer: { name: 'Guest', email: 'guest@example.com' } }
  const rush = Array.from({ length: 100 }, (_, at) => event({ at, ...facts }))
  const [many] = packEvents('orders', rush)
  const characters = rush.reduce((sum, { text }) => sum + text.length, 0)
  expect(many!.body.length).toBeLessThan(characters / 4)
  expect(packEvents('orders', [event(facts)])[0]!.body).toContain('"title":"The hot event"')
})

test('packs: a message holds 500 events or half a million characters, of one type', () => {
  const counts = (events: OutboxEvent[]) =>
    packEvents('orders', events).map(({ ids }) => ids.length)
  expect(counts(Array.from({ length: 1001 }, () => event({})))).toEqual([500, 500, 1])
  const large = 'x'.repeat(300 * 1024)
  expect(counts([event({ large }), event({ large }), event({})])).toEqual([1, 2])
  expect(counts([event({}, 'a.b.v1'), event({}, 'a.c.v1'), event({}, 'a.b.v1')])).toEqual([2, 1])
})

test('packs: the same events have the same id, others another', () => {
  const [a, b, c, d] = [event({}), event({}), event({}), event({})]
  const idOf = (events: OutboxEvent[]) => packEvents('orders', events)[0]!.id
  expect(idOf([a, b, d])).toBe(idOf([a, b, d]))
  expect(idOf([a, b, d])).not.toBe(idOf([a, c, d]))
  expect(idOf([a])).toBe(a.id)
})

test('packs: what is no pack, or would fill the memory, is refused', () => {
  const headers = createHeaders()
  headers.set('Content-Encoding', 'deflate')
  const message = { type: 'a.b.v1', id: '1', ids: [], headers }
  expect(() => readPack(arrived({ ...message, body: 'no deflate' }))).toThrow(/invalid/)
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024))
  expect(() => readPack(arrived({ ...message, body: bomb }))).toThrow(/larger/)
})

test('reader: handlers of one process share a reading, and never that of other events', () => {
  const consumer = (type: string, name: string) => ({ type, name }) as Consumer
  const read = createReader([consumer('a.b.v1', 'x.first'), consumer('a.b.v1', 'y.second'),
    consumer('a.c.v1', 'x.alone')])
  const [message] = packEvents('orders', [event({ one: 1 }, 'a.b.v1')])
  const first = read(arrived(message!))
  expect(read(arrived(message!))).toBe(first)
  // Both have had it: a repetition is read anew.
  expect(read(arrived(message!))).not.toBe(first)

  const kept = read(arrived(packEvents('orders', [event({}, 'a.b.v1')])[0]!))
  expect(kept.events[0]!.data).toEqual({})
  const [alone] = packEvents('orders', [event({ alone: true }, 'a.c.v1')])
  expect(read(arrived(alone!))).not.toBe(read(arrived(alone!)))
})
