import { credentialsDeleted, emailVerified } from '@fermata/contracts/auth'
import * as api from '@fermata/contracts/events'
import { addressErased } from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { eventInput } from '../test/event-input.ts'
import { createPeers, type Peers } from '../test/peers.ts'

// add-member, list-members, update-member, remove-member, get-organizer-members, tell-members and
// what becomes of members whose address is proven or erased.

let it: TestSystem
let ctx: Ctx
let peers: Peers
let admin: string

beforeAll(async () => {
  const made = createPeers()
  peers = made.peers
  it = await startTestSystem([service, ...made.services])
  ctx = it.context<Ctx>('events')
  admin = await it.personToken({ roles: ['admin'] })
})
afterAll(() => it.stop())

interface Person { user_id: string, email: string, token: string }

async function person (roles: ('event_creator' | 'operator' | 'user')[] = ['event_creator']) {
  const user_id = uuidv7()
  const email = `${user_id}@example.com`
  peers.proven.set(email, user_id)
  return { user_id, email, token: await it.personToken({ user_id, roles, email }) } satisfies Person
}

async function organizerOf (owner: Person): Promise<string> {
  const { body } = await it.send(api.createOrganizer, { token: owner.token, body: { name: 'Town choir' } })
  return body.id
}

const add = (owner: Person, id: string, body: object) =>
  it.send(api.addMember, { token: owner.token, params: { id }, body })
const list = async (token: string, id: string) =>
  (await it.send(api.listMembers, { token, params: { id } })).body.items
const draft = async (owner: Person, organizer_id?: string) =>
  (await it.send(api.createEvent, {
    token: owner.token, body: eventInput(organizer_id ? { organizer_id } : {}),
  })).body
const told = async (organizer_id: string) =>
  (await ctx.db.selectFrom('events.outbox_events').select('data')
    .where('type', '=', api.organizerMembersChanged.type).orderBy('id').execute())
    .map(row => row.data as api.OrganizerMembers)
    .filter(data => data.organizer_id === organizer_id)
    .toSorted((a, b) => a.version - b.version)
const serves = async (token: string) =>
  (await it.send(api.listEvents, { token, query: { serving: true } })).body.items.map(one => one.id)

test('addMember: an owner manages its events, door staff only see where they admit, and all are told', async () => {
  const [owner, other, door] = [await person(), await person(), await person(['user'])]
  const id = await organizerOf(owner)
  const event = await draft(owner, id)
  const see = (who: Person) => it.send(api.getEvent, { token: who.token, params: { id: event.id } })
  expect((await see(other)).status).toBe(404)

  const added = await add(owner, id, { email: other.email.toUpperCase(), role: 'owner' })
  await add(owner, id, { email: door.email })

  expect(added).toMatchObject({ status: 201, body: {
    email: other.email, name: null, role: 'owner', event_id: null, is_you: false } })
  expect((await see(other)).status).toBe(200)
  expect((await see(door)).status).toBe(404)
  const news = await told(id)
  expect(news.map(one => one.version)).toEqual([1, 2, 3])
  expect(news.at(-1)!.members).toEqual([
    { user_id: owner.user_id, role: 'owner', event_id: null },
    { user_id: other.user_id, role: 'owner', event_id: null },
    { user_id: door.user_id, role: 'door', event_id: null }])
  await it.send(api.publishEvent, { token: owner.token, params: { id: event.id } })
  expect(await serves(door.token)).toEqual([event.id])
  expect(await serves((await person(['user'])).token)).toEqual([])
})

test('addMember: an unknown address is answered as a known one, and is listed as one', async () => {
  const [owner, known] = [await person(), await person()]
  const id = await organizerOf(owner)
  const answers = [await add(owner, id, { email: known.email }),
    await add(owner, id, { email: 'nobody.yet@example.org' })]
  const plain = (member: api.Member) => ({ ...member, id: '', email: '', added_at: '' })
  expect(answers.map(one => one.status)).toEqual([201, 201])
  expect(plain(answers[0]!.body)).toEqual(plain(answers[1]!.body))
  const [, ...listed] = await list(owner.token, id)
  expect(plain(listed[0]!)).toEqual(plain(listed[1]!))
})

test('welcomeMembers: an address that is proven later makes its owner a member then, a claimed one never', async () => {
  const owner = await person()
  const id = await organizerOf(owner)
  const late = { user_id: uuidv7(), email: `late.${uuidv7()}@example.org` }
  const token = await it.personToken({ user_id: late.user_id, email: late.email })
  const event = await draft(owner, id)
  await it.send(api.publishEvent, { token: owner.token, params: { id: event.id } })
  await add(owner, id, { email: late.email })
  expect(await serves(token)).toEqual([])

  await ctx.transaction(tx => ctx.publish(tx, emailVerified, [
    { ...late, verified_at: new Date().toISOString() }]))

  await it.eventually(async () => (await serves(token)).includes(event.id), 'the membership')
  expect((await told(id)).at(-1)!.members).toContainEqual(
    { user_id: late.user_id, role: 'door', event_id: null })
})

test('addMember: refuses a member twice, an organiser of others, odd places and the one too many', async () => {
  const [owner, stranger] = [await person(), await person()]
  const id = await organizerOf(owner)
  const email = 'ann@example.org'
  expect((await add(owner, id, { email })).status).toBe(201)
  expect(await add(owner, id, { email })).toMatchObject(
    { status: 409, problem: { type: api.alreadyMember.type } })
  expect((await add(stranger, id, { email: 'x@example.org' })).status).toBe(404)
  expect((await add(await person(['user']), id, { email })).status).toBe(403)
  const [own, theirs] = [await draft(owner, id), await draft(stranger)]
  expect((await add(owner, id, { email, event_id: own.id })).status).toBe(201)
  for (const place of [
    { role: 'owner', event_id: own.id }, { event_id: theirs.id }, { event_id: uuidv7() },
  ]) {
    expect(await add(owner, id, { email: 'y@example.org', ...place })).toMatchObject(
      { status: 400, problem: { errors: [{ field: 'event_id' }] } })
  }
  await ctx.db.insertInto('events.members').values(Array.from({ length: 97 },
    () => ({ organizer_id: id, user_id: uuidv7(), name: 'One of many' }))).execute()
  expect(await add(owner, id, { email: 'z@example.org' })).toMatchObject(
    { status: 409, problem: { type: api.tooManyMembers.type, limit: 100 } })
})

test('addMember: of two who add one address at once, one does', async () => {
  const owner = await person()
  const id = await organizerOf(owner)
  const email = 'ann@example.org'
  const answers = await Promise.all([1, 2].map(() => add(owner, id, { email })))
  expect(answers.map(one => one.status).toSorted()).toEqual([201, 409])
})

test('listMembers: owners and administrators page through them, door staff and others find nothing', async () => {
  const [owner, door] = [await person(), await person()]
  const id = await organizerOf(owner)
  await add(owner, id, { email: door.email })
  await add(owner, id, { email: 'bob@example.org' })
  const ask = (token: string, query = {}) =>
    it.send(api.listMembers, { token, params: { id }, query })
  const first = await ask(owner.token, { limit: 2 })
  const second = await ask(owner.token, { limit: 2, cursor: first.body.next_cursor! })
  expect([...first.body.items, ...second.body.items].map(one => [one.email, one.is_you])).toEqual(
    [[null, true], [door.email, false], ['bob@example.org', false]])
  expect((await ask(admin)).status).toBe(200)
  expect((await ask(door.token)).status).toBe(404)
  expect((await ask((await person()).token)).status).toBe(404)
  expect((await ask(await it.personToken())).status).toBe(403)
})

test('updateMember: another role and place; the last owner stays one', async () => {
  const [owner, other] = [await person(), await person()]
  const id = await organizerOf(owner)
  const event = await draft(owner, id)
  const { body: member } = await add(owner, id, { email: other.email, event_id: event.id })
  const change = (member_id: string, body: object, token = owner.token) =>
    it.send(api.updateMember, { token, params: { id, member_id }, body })

  expect((await change(member.id, { role: 'owner' })).body).toMatchObject({ role: 'owner', event_id: null })
  expect((await told(id)).at(-1)!.members).toContainEqual(
    { user_id: other.user_id, role: 'owner', event_id: null })
  const mine = (await list(owner.token, id)).find(one => one.is_you)!
  expect((await change(mine.id, { role: 'door', event_id: event.id }, other.token)).status).toBe(200)
  expect((await list(owner.token, id))).toBeUndefined()
  expect(await change(member.id, { role: 'door' }, other.token)).toMatchObject(
    { status: 409, problem: { type: api.lastOwner.type } })
  expect((await change(member.id, { event_id: event.id }, other.token)).status).toBe(400)
  await add(other, id, { email: owner.email })
  expect(await change(mine.id, { event_id: null }, other.token)).toMatchObject(
    { status: 409, problem: { type: api.alreadyMember.type } })
  for (const [member_id, token, status] of [
    [uuidv7(), other.token, 404], [member.id, (await person()).token, 404],
    [member.id, await it.personToken(), 403],
  ] as const) expect((await change(member_id, { role: 'door' }, token)).status).toBe(status)
})

test('removeMember: the next request is refused, at once; an organiser keeps an owner', async () => {
  const [owner, other] = [await person(), await person()]
  const id = await organizerOf(owner)
  const event = await draft(owner, id)
  const { body: member } = await add(owner, id, { email: other.email, role: 'owner' })
  const remove = (member_id: string, token = owner.token) =>
    it.send(api.removeMember, { token, params: { id, member_id } })
  const see = () => it.send(api.getEvent, { token: other.token, params: { id: event.id } })
  expect((await see()).status).toBe(200)

  expect((await remove(member.id)).status).toBe(204)

  expect((await see()).status).toBe(404)
  expect((await told(id)).at(-1)!.members).toEqual(
    [{ user_id: owner.user_id, role: 'owner', event_id: null }])
  const [mine] = await list(owner.token, id)
  expect(await remove(mine!.id)).toMatchObject(
    { status: 409, problem: { type: api.lastOwner.type } })
  // Somebody who has not come yet cannot be the one owner who is left.
  await add(owner, id, { email: 'not.yet@example.org', role: 'owner' })
  expect((await remove(mine!.id)).status).toBe(409)
  expect((await remove(member.id)).status).toBe(404)
  expect((await remove(mine!.id, other.token)).status).toBe(404)
  expect((await remove(mine!.id, await it.personToken())).status).toBe(403)
})

test('removeMember: two owners who remove each other at once do not both succeed', async () => {
  const [owner, other] = [await person(), await person()]
  const id = await organizerOf(owner)
  await add(owner, id, { email: other.email, role: 'owner' })
  const members = await list(owner.token, id)
  const answers = await Promise.all(members.map((member, index) => it.send(api.removeMember, {
    token: index === 0 ? other.token : owner.token, params: { id, member_id: member.id } })))
  expect(answers.map(one => one.status).filter(status => status === 204)).toHaveLength(1)
  expect(await list(admin, id)).toHaveLength(1)
})

test('forgetPeople: what was kept of an address goes with its account', async () => {
  const [owner, gone] = [await person(), await person()]
  const id = await organizerOf(owner)
  await add(owner, id, { email: gone.email })
  await ctx.transaction(tx => ctx.publish(tx, credentialsDeleted, [{
    user_id: gone.user_id, email: gone.email, email_verified: true,
    deleted_at: new Date().toISOString(),
  }]))
  await it.eventually(async () => (await list(owner.token, id)).length === 1, 'the member gone')
  expect((await told(id)).at(-1)!.members).toHaveLength(1)
})

test('forgetAddresses: who erased their address is asked to nothing any more, a member with an account stays', async () => {
  const [owner, member] = [await person(), await person()]
  const id = await organizerOf(owner)
  const invited = `${uuidv7()}@example.org`
  for (const email of [invited, member.email]) await add(owner, id, { email })
  await ctx.transaction(tx => ctx.publish(tx, addressErased, [
    { address: invited, erased_at: new Date().toISOString() }]))
  await it.eventually(async () => (await list(owner.token, id)).length === 2, 'the invitation gone')
  expect((await list(owner.token, id)).map(one => one.email)).toContain(member.email)
})

test('listEvents: an operator serves the only organiser of an installation without being asked, but never one of several', async () => {
  const small = await startTestSystem([service, ...createPeers().services])
  try {
    const [token, operator] = [await small.personToken({ roles: ['event_creator'] }),
      await small.personToken({ roles: ['operator'] })]
    const { body: event } = await small.send(api.createEvent, { token, body: eventInput() })
    await small.send(api.publishEvent, { token, params: { id: event.id } })
    const ask = async (as?: string) =>
      small.send(api.listEvents, { token: as, query: { serving: true } })
    expect((await ask(operator)).body.items.map(one => one.id)).toEqual([event.id])
    expect((await ask(await small.personToken())).body.items).toEqual([])
    expect((await ask()).status).toBe(401)

    await small.send(api.createOrganizer, { token, body: { name: 'A second one' } })
    expect((await ask(operator)).body.items).toEqual([])
  } finally {
    await small.stop()
  }
})

test('tellMembers: who was a member before there was such news is told of at the next start', async () => {
  const owner = await person()
  const id = await organizerOf(owner)
  await ctx.pool.query('update events.organizers set members_version = 0 where id = $1', [id])
  await ctx.pool.query(`delete from events.outbox where data ->> 'organizer_id' = $1`, [id])
  const next = await startTestSystem([service, ...createPeers().services], {}, it.database_url)
  try {
    expect(await told(id)).toEqual([{
      organizer_id: id, version: 1,
      members: [{ user_id: owner.user_id, role: 'owner', event_id: null }] }])
  } finally {
    await next.stop()
  }
})

test('getOrganizerMembers: services learn who works for an organiser, people do not', async () => {
  const owner = await person()
  const id = await organizerOf(owner)
  const ask = (token: string, organizer_id = id) =>
    it.send(api.getOrganizerMembers, { token, params: { id: organizer_id } })
  const service_token = await it.serviceToken('events', 'orders')
  expect((await ask(service_token)).body).toEqual({
    organizer_id: id, version: 1,
    members: [{ user_id: owner.user_id, role: 'owner', event_id: null }] })
  expect((await ask(service_token, uuidv7())).status).toBe(404)
  expect((await ask(admin)).status).toBe(401)
})
