import * as api from '@fermata/contracts/events'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { eventInput, inDays } from '../test/event-input.ts'
import { createPeers } from '../test/peers.ts'

// create-event, get-event, update-event, delete-event, publish-event, cancel-event,
// stop-sale, get-event-facts, get-attendance and
// align-pool are one life, tested from draft to deletion.

const { peers, services } = createPeers()
let it: TestSystem
let ctx: Ctx
let creator: string
let creator_id: string
let stranger: string
let admin: string

beforeAll(async () => {
  it = await startTestSystem([service, ...services])
  ctx = it.context<Ctx>('events')
  creator_id = uuidv7()
  creator = await it.personToken({ user_id: creator_id, roles: ['event_creator'] })
  stranger = await it.personToken({ roles: ['event_creator'] })
  admin = await it.personToken({ roles: ['admin'] })
})
afterAll(() => it.stop())

async function create (changes: Parameters<typeof eventInput>[0] = {},
  token = creator): Promise<api.Event> {
  const answer = await it.send(api.createEvent, { token, body: eventInput(changes) })
  expect(answer.status, JSON.stringify(answer.problem)).toBe(201)
  return answer.body
}

async function createPublished (changes: Partial<api.NewEvent> = {}): Promise<api.Event> {
  const { id } = await create(changes)
  const answer = await it.send(api.publishEvent, { token: creator, params: { id } })
  expect(answer.status, JSON.stringify(answer.problem)).toBe(200)
  return answer.body
}

/** Ends an event without waiting for it. */
const end = (id: string) => ctx.db.updateTable('events.events')
  .set({ starts_at: inDays(-2), ends_at: inDays(-1) }).where('id', '=', id).execute()

async function published<D> (definition: { type: string }, id: string): Promise<D[]> {
  const rows = await ctx.db.selectFrom('events.outbox_events').select('data').where('type', '=',
    definition.type).orderBy('id').execute()
  return rows.map(row => row.data as D)
    .filter(data => ((data as { event?: { id: string } }).event ??
      data as { id: string }).id === id)
}

const fieldsOf = (answer: { problem: { errors?: { field: string }[] } }) =>
  answer.problem.errors?.map(error => error.field)

test('createEvent: a draft belongs to the creator’s own organiser, with a slug, a currency and a drawn poster', async () => {
  const event = await create({ title: 'Café «Été» à l’Opéra' })

  expect(event).toMatchObject({
    slug: 'cafe-ete-a-l-opera', status: 'draft', currency: 'EUR', version: 1, is_past: false, ticket_capacity: null,
    images: [`/api/events/${event.id}/artwork.svg`], published_at: null, canceled_at: null,
  })
  expect((await create()).organizer_id).toBe(event.organizer_id)
  expect((await create({}, stranger)).organizer_id).not.toBe(event.organizer_id)
})

test('createEvent: events of one title have slugs of their own', async () => {
  const title = `Same again ${uuidv7().slice(-6)}`
  const slugs = (await Promise.all(Array.from({ length: 6 }, () => create({ title })))).map(event =>
    event.slug)
  expect(new Set(slugs).size).toBe(6)
})

test('createEvent: first uses at the same time make one organiser', async () => {
  const token = await it.personToken({ roles: ['event_creator'] })
  const events = await Promise.all(Array.from({ length: 5 }, () => create({}, token)))
  expect(new Set(events.map(event => event.organizer_id)).size).toBe(1)
})

test('createEvent: the same key gives the first answer again, with another body it is refused', async () => {
  const body = eventInput({ title: 'Once' })
  const first = await it.send(api.createEvent, { token: creator, key: 'create-once', body })
  const second = await it.send(api.createEvent, { token: creator, key: 'create-once', body })
  const other = await it.send(api.createEvent,
    { token: creator, key: 'create-once', body: { ...body, title: 'Twice' } })
  expect([first.status, second.status, other.status]).toEqual([201, 201, 422])
  expect(second.body).toEqual(first.body)
})

test('createEvent: refuses each field that is not usable', async () => {
  const send = async (changes: object) => {
    const answer = await it.send(api.createEvent,
      { token: creator, body: { ...eventInput(), ...changes } })
    expect(answer.status).toBe(400)
    return fieldsOf(answer)
  }
  expect(await send({ ends_at: inDays(6) })).toEqual(['ends_at'])
  expect(await send({ starts_at: inDays(7), ends_at: inDays(400) })).toEqual(['ends_at'])
  expect(await send({ timezone: 'Mars/Olympus' })).toEqual(['timezone'])
  expect(await send({ timezone: '+02:00' })).toEqual(['timezone'])
  expect(await send({ currency: 'ABC' })).toEqual(['currency'])
  expect(await send({ title: '   ' })).toEqual(['title'])
  expect(await send({ images: ['//elsewhere.example/a.png'] })).toEqual(['images.0'])
  expect(await send({ images: ['/../secret'] })).toEqual(['images.0'])
  expect(await send({ status: 'published' })).toEqual(['status'])
  expect(await send({ ticket_capacity: 0 })).toEqual(['ticket_capacity'])
  expect(await send({ organizer_id: uuidv7() })).toEqual(['organizer_id'])
})

test('createEvent: only event creators and administrators may', async () => {
  expect((await it.send(api.createEvent, { body: eventInput() })).status).toBe(401)
  const answer = await it.send(api.createEvent,
    { token: await it.personToken(), body: eventInput() })
  expect(answer.status).toBe(403)
})

test('createEvent: an event-wide capacity becomes a pool of orders', async () => {
  const event = await create({ ticket_capacity: 80 })
  expect(event.ticket_capacity).toBe(80)
  expect(peers.pools.get(event.id)).toBe(80)
})

test('getEvent: a draft exists for its members and administrators alone', async () => {
  const { id, slug } = await create({ title: 'Hidden draft' })
  const statuses = async (address: string) =>
    Promise.all([creator, admin, stranger, await it.personToken(), undefined]
    .map(async token => (await it.send(api.getEvent, { token, params: { id: address } })).status))
  expect(await statuses(id)).toEqual([200, 200, 404, 404, 404])
  expect(await statuses(slug)).toEqual([200, 200, 404, 404, 404])
})

test('getEvent: what is published is found by id and by slug, and unknown addresses are not', async () => {
  const event = await createPublished({ title: 'Open to all' })
  expect((await it.send(api.getEvent, { params: { id: event.id } })).body).toEqual(event)
  expect((await it.send(api.getEvent, { params: { id: event.slug } })).body).toEqual(event)
  expect((await it.send(api.getEvent, { params: { id: 'no-such-event' } })).status).toBe(404)
  expect((await it.send(api.getEvent, { params: { id: uuidv7() } })).status).toBe(404)
  expect([400, 404]).toContain((await it.send(api.getEvent, { params: { id: '\0' } })).status)
  expect((await it.send(api.getEvent, { params: { id: 'été' } })).status).toBe(404)
})

test('publishEvent: tells everyone with the full facts, once', async () => {
  const event = await createPublished({ title: 'First night' })
  expect(event).toMatchObject({ status: 'published', version: 2 })
  expect(event.published_at).not.toBeNull()
  expect(await published(api.eventPublished, event.id)).toEqual([{
    id: event.id, slug: 'first-night', title: 'First night', organizer_id: event.organizer_id,
    organizer_name: event.organizer_name, starts_at: event.starts_at,
      ends_at: event.ends_at,
    timezone: 'Europe/Paris', venue: event.venue, category: 'music', currency: 'EUR', image: event.images[0],
    status: 'published', version: 2,
  }])
  const again = await it.send(api.publishEvent, { token: creator, params: { id: event.id } })
  expect(again).toMatchObject({ status: 409,
    problem: { type: api.wrongState.type, event_status: 'published' } })
})

test('publishEvent: refuses an event that is over, and somebody else’s', async () => {
  const { id } = await create({ starts_at: inDays(-2), ends_at: inDays(-1) })
  const answer = await it.send(api.publishEvent, { token: creator, params: { id } })
  expect(answer).toMatchObject({ status: 409, problem: { type: api.eventIsOver.type } })
  expect((await it.send(api.publishEvent, { token: stranger, params: { id } })).status).toBe(404)
  expect((await it.send(api.publishEvent,
    { token: await it.personToken(), params: { id } })).status).toBe(403)
})

test('updateEvent: changes what it is told, grows the version and names the facts that changed', async () => {
  const event = await createPublished({ title: 'Moved' })
  const venue = { ...event.venue, name: 'Bigger hall' }
  const answer = await it.send(api.updateEvent, {
    token: creator, params: { id: event.id }, body: { venue, images: ['/media/a.jpg'], version: event.version },
  })
  expect(answer).toMatchObject({ status: 200,
    body: { venue, images: ['/media/a.jpg'], version: event.version + 1, slug: 'moved' } })
  const [told] = await published<{ changed: string[],
    event: { version: number, image: string } }>(api.eventChanged, event.id)
  expect(told!.changed.sort()).toEqual(['image', 'venue'])
  expect(told!.event).toMatchObject({ version: event.version + 1, image: '/media/a.jpg' })
})

test('updateEvent: a draft’s slug follows its title, a published one’s never changes', async () => {
  const draft = await create({ title: 'Working title' })
  const renamed = await it.send(api.updateEvent,
    { token: creator, params: { id: draft.id }, body: { title: 'Final title' } })
  expect(renamed.body.slug).toBe('final-title')
  await it.send(api.publishEvent, { token: creator, params: { id: draft.id } })
  const later = await it.send(api.updateEvent,
    { token: creator, params: { id: draft.id }, body: { title: 'Other title' } })
  expect(later.body).toMatchObject({ title: 'Other title', slug: 'final-title' })
})

test('updateEvent: of two people with the same version one wins and the other is told', async () => {
  const { id, version } = await create()
  const answers = await Promise.all(['One', 'Two'].map(title =>
    it.send(api.updateEvent, { token: creator, params: { id }, body: { title, version } })))
  expect(answers.map(answer => answer.status).sort()).toEqual([200, 409])
  expect(answers.find(answer => answer.status === 409)!.problem)
    .toMatchObject({ type: api.versionConflict.type, version: version + 1 })
})

test('updateEvent: refuses what orders refuses, and writes nothing then', async () => {
  const event = await createPublished({ ticket_capacity: 100 })
  peers.sales.set(event.id, { sold: 30, held: 5, revenue_minor: 30_000, ticket_type_id: uuidv7() })
  const patch = (ticket_capacity: number | null) =>
    it.send(api.updateEvent,
      { token: creator, params: { id: event.id }, body: { ticket_capacity, title: 'Smaller' } })

  expect(await patch(34)).toMatchObject({ status: 409,
    problem: { type: api.capacityTooSmall.type, sold: 30, held: 5 } })
  expect((await it.send(api.getEvent, { params: { id: event.id } })).body).toEqual(event)
  expect((await patch(35)).body.ticket_capacity).toBe(35)
  expect((await patch(null)).body.ticket_capacity).toBeNull()
  expect(peers.pools.get(event.id)).toBeNull()
})

test('updateEvent: the currency stays once tickets were ordered', async () => {
  const event = await createPublished()
  const patch = (currency: string) =>
    it.send(api.updateEvent, { token: creator, params: { id: event.id }, body: { currency } })
  expect((await patch('USD')).body.currency).toBe('USD')
  peers.sales.set(event.id, { sold: 1, held: 0, revenue_minor: 1000, ticket_type_id: uuidv7() })
  expect(await patch('GBP')).toMatchObject({ status: 409,
    problem: { type: api.hasOrders.type, sold: 1, held: 0 } })
})

test('updateEvent: refuses a canceled event, impossible dates, unknown fields and strangers', async () => {
  const event = await createPublished()
  const patch = (body: object, token = creator) =>
    it.send(api.updateEvent, { token, params: { id: event.id }, body })
  expect(fieldsOf(await patch({ ends_at: event.starts_at }))).toEqual(['ends_at'])
  expect(fieldsOf(await patch({ slug: 'mine' }))).toEqual(['slug'])
  expect((await patch({ title: 'Theirs' }, stranger)).status).toBe(404)
  expect((await patch({ title: 'Theirs' }, await it.personToken({ roles: ['operator'] }))).status).toBe(403)
  await it.send(api.cancelEvent, { token: creator, params: { id: event.id } })
  expect(await patch({ title: 'Late' })).toMatchObject({ status: 409,
    problem: { type: api.wrongState.type, event_status: 'canceled' } })
})

test('alignPool: brings orders back to what is written here, and follows what was sold beyond it', async () => {
  const event = await createPublished({ ticket_capacity: 50 })
  const align = () => ctx.transaction(tx => ctx.addJob(tx, 'align-pool', { event_id: event.id }))
  const capacity = async () =>
    (await it.send(api.getEvent, { params: { id: event.id } })).body.ticket_capacity

  peers.pools.set(event.id, 200)
  await align()
  await it.eventually(async () => peers.pools.get(event.id) === 50, 'the pool as it is written')

  peers.pools.set(event.id, 200)
  peers.sales.set(event.id, { sold: 120, held: 3, revenue_minor: 0, ticket_type_id: uuidv7() })
  await align()
  await it.eventually(async () => await capacity() === 123, 'the capacity to follow the sales')
  expect(peers.pools.get(event.id)).toBe(123)
})

test('cancelEvent: tells why, and a canceled event stays to be seen', async () => {
  const event = await createPublished({ title: 'Called off' })
  const answer = await it.send(api.cancelEvent,
    { token: creator, params: { id: event.id }, body: { reason: 'Storm' } })
  expect(answer).toMatchObject({ status: 200, body: { status: 'canceled', version: 3 } })
  expect((await it.send(api.getEvent, { params: { id: event.slug } })).body.status).toBe('canceled')
  expect(await published(api.eventCanceled, event.id)).toMatchObject([{
    reason: 'Storm', canceled_at: answer.body.canceled_at,
      event: { id: event.id, status: 'canceled', version: 3 },
  }])
})

test('stopSale: orders knows before cancelEvent answers, or as soon as it listens', async () => {
  const cancel = async () => {
    const event = await createPublished()
    await it.send(api.cancelEvent, { token: creator, params: { id: event.id }, body: {} })
    return () => peers.learned.has(event.id)
  }
  expect((await cancel())()).toBe(true)

  peers.deaf = true
  const known = await cancel()
  expect(known()).toBe(false)
  peers.deaf = false
  await it.eventually(async () => known(), 'orders to be told again')
})

test('cancelEvent: refuses a draft, a second time, what is over, and strangers', async () => {
  const cancel = (id: string, token = creator) =>
    it.send(api.cancelEvent, { token, params: { id }, body: {} })
  const draft = await create()
  expect(await cancel(draft.id)).toMatchObject({ status: 409,
    problem: { type: api.wrongState.type, event_status: 'draft' } })
  const event = await createPublished()
  expect((await cancel(event.id, stranger)).status).toBe(404)
  expect((await cancel(event.id, await it.personToken())).status).toBe(403)
  await cancel(event.id)
  expect(await cancel(event.id)).toMatchObject({ status: 409,
    problem: { type: api.wrongState.type, event_status: 'canceled' } })
  const over = await createPublished()
  await end(over.id)
  expect(await cancel(over.id)).toMatchObject({ status: 409,
    problem: { type: api.eventIsOver.type } })
})

test('deleteEvent: removes what nobody ordered, and tells that a published one is off', async () => {
  const draft = await create()
  const event = await createPublished()
  for (const { id } of [draft, event]) {
    expect((await it.send(api.deleteEvent, { token: creator, params: { id } })).status).toBe(204)
    expect((await it.send(api.getEvent, { token: creator, params: { id } })).status).toBe(404)
  }
  expect(await published(api.eventCanceled, draft.id)).toEqual([])
  expect(await published(api.eventCanceled,
    event.id)).toMatchObject([{ event: { status: 'canceled', version: 3 } }])
})

test('deleteEvent: refuses once tickets were ordered, and strangers', async () => {
  const event = await createPublished()
  const remove = (token: string | undefined) =>
    it.send(api.deleteEvent, { token, params: { id: event.id } })
  expect((await remove(stranger)).status).toBe(404)
  expect((await remove(undefined)).status).toBe(401)
  peers.sales.set(event.id, { sold: 0, held: 2, revenue_minor: 0, ticket_type_id: uuidv7() })
  expect(await remove(creator)).toMatchObject({ status: 409,
    problem: { type: api.hasOrders.type, sold: 0, held: 2 } })
})

test('getAttendance: joins what was sold with who was admitted', async () => {
  const event = await createPublished({ ticket_capacity: 40 })
  const ticket_type_id = uuidv7()
  peers.sales.set(event.id, { sold: 12, held: 3, revenue_minor: 12_000, ticket_type_id })
  peers.admitted.set(event.id, 7)
  const ask = (token: string) => it.send(api.getAttendance, { token, params: { id: event.id } })
  expect((await ask(creator)).body).toEqual({
    event_id: event.id, capacity: 40, sold: 12, held: 3, admitted: 7,
      revenue: [{ currency: 'EUR', amount_minor: 12_000 }],
    ticket_types: [{
      ticket_type_id, name: 'Adult', price_minor: 1000, currency: 'EUR', capacity: 40, held: 3, sold: 12,
        admitted: 7,
      revenue_minor: 12_000,
    }],
  })
  expect((await ask(stranger)).status).toBe(404)
  expect((await ask(await it.personToken({ roles: ['operator'] }))).status).toBe(403)
})

test('getEventFacts: services learn of drafts too, people do not', async () => {
  const { id } = await create({ title: 'Facts' })
  const ask = (token: string, event_id = id) =>
    it.send(api.getEventFacts, { token, params: { id: event_id } })
  const facts = await ask(await it.serviceToken('events', 'orders'))
  expect(facts.body).toMatchObject({ id, status: 'draft', version: 1 })
  expect((await ask(await it.serviceToken('events', 'orders'), uuidv7())).status).toBe(404)
  expect((await ask(admin)).status).toBe(401)
})
