import * as api from '@fermata/contracts/events'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import service from '../service.ts'
import { eventInput } from '../test/event-input.ts'
import { createPeers } from '../test/peers.ts'

let it: TestSystem
let token: string
let event: api.Event

beforeAll(async () => {
  it = await startTestSystem([service, ...createPeers().services])
  token = await it.personToken({ roles: ['event_creator'] })
  const draft = await it.send(api.createEvent, { token, body: eventInput() })
  event = (await it.send(api.publishEvent, { token, params: { id: draft.body.id } })).body
})
afterAll(() => it.stop())

const get = (id: string, format?: 'card' | 'wide', headers = {}, as?: string) =>
  it.send(api.getArtwork, { params: { id }, query: { format }, headers, token: as })

test('getArtwork: the address that an event without pictures names is a poster', async () => {
  const answer = await it.system.app.inject(event.images[0]!)
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toMatch(/^image\/svg\+xml/)
  expect(answer.headers['cache-control']).toBe('public, max-age=3600')
  expect(answer.payload).toMatch(/^<svg .*viewBox="0 0 800 1000"/)
  expect((await get(event.slug)).bytes.toString()).toBe(answer.payload)
  expect((await get(event.id, 'wide')).bytes.toString()).toMatch(/viewBox="0 0 1200 630"/)
})

test('getArtwork: who has it already is not sent it again, until the title changes', async () => {
  const { etag } = (await get(event.id)).headers
  const known = () => get(event.id, 'card', { 'if-none-match': `"other", W/${String(etag)}` })
  expect(await known()).toMatchObject({ status: 304, bytes: Buffer.alloc(0) })
  await it.send(api.updateEvent, { token, params: { id: event.id }, body: { category: 'film' } })
  expect((await known()).status).toBe(200)
})

test('getArtwork: a draft’s poster is shown to its members alone and kept from shared caches', async () => {
  const { body: draft } = await it.send(api.createEvent, { token, body: eventInput({ title: 'Secret' }) })
  const answer = await get(draft.id, 'card', {}, token)
  expect(answer.status).toBe(200)
  expect(answer.headers['cache-control']).toMatch(/^private/)
  expect((await get(draft.id)).status).toBe(404)
  expect((await get('no-such-event')).status).toBe(404)
  expect((await get(event.id, 'poster' as never)).status).toBe(400)
})
