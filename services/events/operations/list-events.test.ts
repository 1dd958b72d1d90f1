import * as api from '@fermata/contracts/events'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import service from '../service.ts'
import { eventInput, inDays } from '../test/event-input.ts'
import { createPeers } from '../test/peers.ts'

let it: TestSystem
let creator: string
let organizer_id: string

type Query = Partial<{
  q: string, from: string, to: string, category: api.Category, city: string, organizer_id: string,
    status: 'draft' | 'published' | 'canceled',
  mine: boolean, limit: number, cursor: string
}>

const list = async (query: Query = {}, token?: string) => it.send(api.listEvents, { query, token })
const titles = async (query: Query, token?: string) =>
  (await list(query, token)).body.items.map(event => event.title)

async function publish (changes: Parameters<typeof eventInput>[0],
  token = creator): Promise<api.Event> {
  const created = await it.send(api.createEvent, { token, body: eventInput(changes) })
  const answer = await it.send(api.publishEvent, { token, params: { id: created.body.id } })
  expect(answer.status, JSON.stringify(answer.problem)).toBe(200)
  return answer.body
}

const venue = (name: string, city: string, country = 'FR') => ({ name, address: '1 Square', city, country })

beforeAll(async () => {
  it = await startTestSystem([service, ...createPeers().services])
  creator = await it.personToken({ roles: ['event_creator'] })
  const organizer = await it.send(api.createOrganizer, { token: creator, body: { name: 'Amis de l’Opéra' } })
  organizer_id = organizer.body.id
  await publish({ title: 'Soirée d’été', starts_at: inDays(3), ends_at: inDays(3.1), venue: venue('Théâtre Graslin', 'Nantes') })
  await publish({ title: 'Derby', category: 'sports', starts_at: inDays(1), ends_at: inDays(1.1),
    venue: venue('St.Gallen Arena', 'Zürich', 'CH'),
    description: 'Rock-solid defence against Łódź.' })
  await publish({ title: '東京ジャズナイト', starts_at: inDays(9), ends_at: inDays(9.1), venue: venue('Blue Hall', 'Tokyo', 'JP'),
    timezone: 'Asia/Tokyo' })
  await publish({ title: 'Long festival', category: 'festival', starts_at: inDays(-1), ends_at: inDays(2),
    venue: venue('Meadow', 'Ghent', 'BE') })
  const canceled = await publish({ title: 'Called off', starts_at: inDays(5), ends_at: inDays(5.1) })
  await it.send(api.cancelEvent, { token: creator, params: { id: canceled.id }, body: {} })
  const over = await publish({ title: 'Last month', starts_at: inDays(30), ends_at: inDays(30.1) })
  await it.send(api.updateEvent,
    { token: creator, params: { id: over.id },
      body: { starts_at: inDays(-30), ends_at: inDays(-29.9) } })
  await it.send(api.createEvent,
    { token: creator, body: eventInput({ title: 'Only planned', starts_at: inDays(20),
      ends_at: inDays(20.1) }) })
})
afterAll(() => it.stop())

test('listEvents: shows what is published and not over, soonest first', async () => {
  expect(await titles({})).toEqual(['Long festival', 'Derby', 'Soirée d’été', '東京ジャズナイト'])
})

test('listEvents: finds words in any field, whatever their accents, case and ending', async () => {
  expect(await titles({ q: 'ete' })).toEqual(['Soirée d’été'])
  expect(await titles({ q: 'SOIREE theatre' })).toEqual(['Soirée d’été'])
  expect(await titles({ q: 'soir' })).toEqual(['Soirée d’été'])
  expect(await titles({ q: 'nántes' })).toEqual(['Soirée d’été'])
  expect(await titles({ q: 'zurich' })).toEqual(['Derby'])
  expect(await titles({ q: 'gallen' })).toEqual(['Derby'])
  expect(await titles({ q: 'lodz solid' })).toEqual(['Derby'])
  expect(await titles({ q: 'sports' })).toEqual(['Derby'])
  expect(await titles({ q: 'amis opera' })).toHaveLength(4)
  expect(await titles({ q: 'ジャズ' })).toEqual(['東京ジャズナイト'])
  expect(await titles({ q: 'soiree derby' })).toEqual([])
})

test('listEvents: a search cannot be made into anything but words', async () => {
  expect(await titles({ q: '\' & | ! :* <-> ( ) %' })).toHaveLength(4)
  expect(await titles({ q: 'ete:* | derby' })).toEqual([])
  expect(await titles({ q: '½ ¼ % _' })).toEqual([])
  expect(await titles({ q: '\\\'; drop table events; --' })).toEqual([])
})

test('listEvents: filters by dates, category, city and organiser', async () => {
  expect(await titles({ to: inDays(2) })).toEqual(['Long festival', 'Derby'])
  expect(await titles({ from: inDays(2.5) })).toEqual(['Soirée d’été', '東京ジャズナイト'])
  expect(await titles({ from: inDays(-40), to: inDays(-5) })).toEqual(['Last month'])
  expect(await titles({ category: 'festival' })).toEqual(['Long festival'])
  expect(await titles({ city: 'ZÜRICH' })).toEqual(['Derby'])
  expect(await titles({ city: 'zurich' })).toEqual(['Derby'])
  expect(await titles({ organizer_id })).toHaveLength(4)
  expect(await titles({ organizer_id: uuidv7() })).toEqual([])
})

test('listEvents: pages hold every event once, also those that start together', async () => {
  const title = `Together ${uuidv7().slice(-8)}`
  const at = { starts_at: inDays(60), ends_at: inDays(60.1) }
  for (let i = 0; i < 5; i++) await publish({ title, ...at })
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const { body } = await list({ from: inDays(59), limit: 2, cursor })
    seen.push(...body.items.map(event => event.id))
    cursor = body.next_cursor ?? undefined
  } while (cursor)
  expect(seen).toHaveLength(5)
  expect(new Set(seen).size).toBe(5)
})

test('listEvents: drafts and canceled events show to those who manage them', async () => {
  const stranger = await it.personToken({ roles: ['event_creator'] })
  const admin = await it.personToken({ roles: ['admin'] })
  expect(await titles({ status: 'draft' }, creator)).toEqual(['Only planned'])
  expect(await titles({ status: 'draft' }, admin)).toEqual(['Only planned'])
  expect(await titles({ status: 'draft' }, stranger)).toEqual([])
  expect(await titles({ status: 'canceled' }, creator)).toEqual(['Called off'])
  expect(await titles({ status: 'canceled', mine: true }, admin)).toEqual([])
  expect(await titles({ mine: true, to: inDays(40) }, creator)).toEqual(
    ['Last month', 'Long festival', 'Derby', 'Soirée d’été', 'Called off', '東京ジャズナイト', 'Only planned'])
  expect(await titles({ mine: true }, await it.personToken())).toEqual([])
  expect((await list({ mine: true })).status).toBe(401)
  expect((await list({ status: 'draft' })).status).toBe(401)
})

test('listEvents: refuses what is not a filter, a limit beyond the pages’ and a cursor it did not give', async () => {
  for (const query of [{ limit: 101 }, { limit: 0 }, { cursor: 'nonsense' }, { from: 'tomorrow' }, { to: '0000-01-01T00:00:00Z' },
    { sort: 'title' }, { q: 'x'.repeat(201) }]) {
    expect((await list(query as Query)).status, JSON.stringify(query)).toBe(400)
  }
  for (const position of [{ starts_at: 'x', id: uuidv7() }, { starts_at: inDays(1), id: 'y' },
    { starts_at: 1, id: uuidv7() }]) {
    const cursor = Buffer.from(JSON.stringify(position)).toString('base64url')
    expect((await list({ cursor })).status, JSON.stringify(position)).toBe(400)
  }
})
