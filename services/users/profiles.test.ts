import { credentialsDeleted, rolesChanged, userRegistered } from '@fermata/contracts/auth'
import {
  getMyProfile, getMySettings, getUser, listUsers, profileChanged, settingsChanged,
  updateMyProfile, updateMySettings, updateUser,
} from '@fermata/contracts/users'
import type { Role } from '@fermata/contracts/fields'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import { newPerson, registration, tell } from './test/news.ts'

let it: TestSystem
let ctx: Ctx
let admin: string

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('users')
  admin = await it.personToken({ roles: ['admin'] })
})
afterAll(() => it.stop())

async function published (type: string, user_id: string) {
  const { rows } = await ctx.pool.query<{ data: Record<string, unknown> }>(
    "select data from users.outbox_events where type = $1 and data->>'user_id' = $2 order by id",
    [type, user_id])
  return rows.map(row => row.data)
}

test('getMySettings: addProfiles: a registration makes a profile with its settings', async () => {
  const person = await newPerson(it, { locale: 'fr', username: 'Fay Example' })
  const answer = await it.send(getMyProfile, { token: person.token })
  expect(answer.body).toEqual({
    id: person.user_id, username: 'Fay Example', email: person.email,
    email_verified: false, phone: null,
    roles: ['user'], locale: 'fr', created_at: person.registered_at,
    updated_at: person.registered_at,
  })
  expect((await it.send(getMySettings, { token: person.token })).body).toEqual({
    locale: 'fr', email_notifications: true, in_app_notifications: true,
    sms_notifications: false, reminders: true,
  })
})

test('addProfiles: news told twice, many at once and out of order leaves each as it should be', async () => {
  const people = Array.from({ length: 50 }, () => registration())
  const [first] = people
  const change = (roles: ('admin' | 'operator')[], second: number) => ({
    user_id: first!.user_id, roles, changed_at: `2027-01-05T00:00:0${second}.000Z`,
    changed_by: uuidv7() })
  await tell(it, rolesChanged, [change(['operator'], 2), change(['admin'], 1)])
  await tell(it, userRegistered, [...people, first!])
  await tell(it, rolesChanged, [change(['admin'], 1)])
  for (const { user_id } of people) {
    const { body } = await it.send(getUser, { token: admin, params: { id: user_id } })
    expect(body.roles).toEqual(user_id === first!.user_id ? ['operator'] : ['user'])
  }
})

test('eraseProfiles: news of a deletion that overtakes the registration leaves nobody', async () => {
  const person = registration()
  await tell(it, credentialsDeleted,
    [{ user_id: person.user_id, email: person.email, deleted_at: person.registered_at }])
  await tell(it, userRegistered, [person])
  const params = { id: person.user_id }
  expect((await it.send(getUser, { token: admin, params })).status).toBe(404)
  const { rows } = await ctx.pool.query('select * from users.people where id = $1', [person.user_id])
  expect(JSON.stringify(rows)).not.toContain(person.email)
})

test('getMyProfile: waits a moment for the news of a registration', async () => {
  const person = registration()
  const token = await it.personToken({ user_id: person.user_id })
  const early = it.send(getMyProfile, { token })
  await tell(it, userRegistered, [person])
  expect((await early).status).toBe(200)
  expect((await it.send(getMyProfile, { token: await it.personToken() })).status).toBe(404)
  expect((await it.send(getMyProfile, {})).status).toBe(401)
})

test('updateMyProfile: changes what is given and tells those who keep a copy', async () => {
  const { token, user_id } = await newPerson(it)
  const change = (body: unknown) => it.send(updateMyProfile, { token, body })
  const named = await change({ username: ' Bea Example ' })
  expect(named.body).toMatchObject({ username: 'Bea Example', phone: null })
  expect((await change({ phone: '+33612345678' })).body.phone).toBe('+33612345678')
  expect((await change({ phone: '+33612345678' })).body.username).toBe('Bea Example')
  expect((await change({ phone: null })).body.phone).toBe(null)
  expect(await published(profileChanged.type, user_id))
    .toEqual([{ user_id, username: 'Bea Example', changed_at: named.body.updated_at }])
  expect((await published(settingsChanged.type, user_id)).map(event => event.phone))
    .toEqual(['+33612345678', null])
})

test('updateMyProfile: refuses what is not the owner\'s to set', async () => {
  const { token } = await newPerson(it)
  for (const [field, value] of Object.entries({
    phone: '0612345678', username: '  ', roles: ['admin'], email: 'new@example.com', id: uuidv7(),
  })) {
    const answer = await it.send(updateMyProfile, { token, body: { [field]: value } })
    expect(answer.status).toBe(400)
    expect(answer.problem.errors?.map(error => error.field)).toEqual([field])
  }
  expect((await it.send(updateMyProfile, { body: {} })).status).toBe(401)
})

test('updateMySettings: changes some, keeps the rest and tells once', async () => {
  const { token, user_id } = await newPerson(it)
  const change = (body: unknown) => it.send(updateMySettings, { token, body })
  const answer = await change({ locale: 'fr', reminders: false })
  const settings = { locale: 'fr', email_notifications: true, in_app_notifications: true,
    sms_notifications: false, reminders: false }
  expect(answer.body).toEqual(settings)
  expect((await change({ locale: 'fr' })).body).toEqual(settings)
  expect((await change({})).body).toEqual(settings)
  const events = await published(settingsChanged.type, user_id)
  expect(events).toMatchObject([{ user_id, phone: null, settings }])
  expect((await change({ locale: 'xx' })).status).toBe(400)
  expect((await it.send(updateMySettings, { body: {} })).status).toBe(401)
})

test('updateMySettings: of changes at once the one told of last is the one that stays', async () => {
  const { token, user_id } = await newPerson(it)
  await Promise.all(Array.from({ length: 20 }, (_, index) => it.send(updateMySettings, {
    token, body: { locale: index % 2 ? 'fr' : 'en', reminders: index % 3 === 0 } })))
  const { body } = await it.send(getMySettings, { token })
  const events = await published(settingsChanged.type, user_id)
  const latest = events.toSorted((a, b) => String(a.changed_at) < String(b.changed_at) ? -1 : 1)
  expect(latest.at(-1)?.settings).toEqual(body)
})

test('listUsers: finds by a part of name or email and takes signs as they are', async () => {
  const mark = uuidv7().slice(-12)
  const people = []
  for (const name of ['Ada', 'Bob', '100% Cy', 'D_D']) {
    people.push(await newPerson(it, { username: `${name} ${mark}` }))
  }
  const find = async (query: { q: string, role?: Role }) => {
    const { body } = await it.send(listUsers, { token: admin, query })
    return body.items.map(item => item.username)
  }
  expect(await find({ q: ` ADA ${mark}` })).toEqual([`Ada ${mark}`])
  expect(await find({ q: people[1]!.email.toUpperCase() })).toEqual([`Bob ${mark}`])
  expect(await find({ q: `% ${mark}` })).toEqual([])
  expect(await find({ q: `_ ${mark}` })).toEqual([])
  expect(await find({ q: '0% Cy' })).toEqual([`100% Cy ${mark}`])
  expect(await find({ q: mark, role: 'operator' })).toEqual([])
  await newPerson(it, { username: `Op ${mark}`, roles: ['operator'] })
  expect(await find({ q: mark, role: 'operator' })).toEqual([`Op ${mark}`])
})

test('listUsers: goes through all pages, newest first, each person once', async () => {
  const mark = uuidv7().slice(-12)
  for (let i = 0; i < 5; i++) await newPerson(it, { username: `${i} ${mark}` })
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const { body } = await it.send(listUsers, {
      token: admin, query: { q: mark, limit: 2, ...(cursor && { cursor }) } })
    seen.push(...body.items.map(item => item.username[0]!))
    cursor = body.next_cursor ?? undefined
  } while (cursor)
  expect(seen.join('')).toBe('43210')
})

test('getUser: updateUser: listUsers: are for administrators alone', async () => {
  const person = await newPerson(it)
  const params = { id: person.user_id }
  for (const token of [person.token, await it.personToken({ roles: ['event_creator', 'operator'] })]) {
    expect((await it.send(listUsers, { token })).status).toBe(403)
    expect((await it.send(getUser, { token, params })).status).toBe(403)
    expect((await it.send(updateUser, { token, params, body: { username: 'X' } })).status).toBe(403)
  }
  expect((await it.send(listUsers, {})).status).toBe(401)
  expect((await it.send(getUser, { params })).status).toBe(401)
  expect((await it.send(updateUser, { params, body: {} })).status).toBe(401)
})

test('updateUser: getUser: show and change one person', async () => {
  const { user_id: id } = await newPerson(it)
  const params = { id }
  const changed = await it.send(updateUser, {
    token: admin, params, body: { username: 'Renamed', phone: '+14155550100' } })
  expect(changed.body).toMatchObject({ id, username: 'Renamed', phone: '+14155550100' })
  expect((await it.send(getUser, { token: admin, params })).body).toEqual(changed.body)
  const nobody = { token: admin, params: { id: uuidv7() } }
  expect((await it.send(getUser, nobody)).status).toBe(404)
  expect((await it.send(updateUser, { ...nobody, body: { username: 'X' } })).status).toBe(404)
  expect((await it.send(getUser, { token: admin, params: { id: 'first' } })).status).toBe(400)
})

test('followRoles: a profile shows the roles that auth gave last', async () => {
  const person = await newPerson(it)
  await tell(it, rolesChanged, [{ user_id: person.user_id, roles: ['event_creator', 'user'],
    changed_at: '2027-03-01T00:00:00.000Z', changed_by: uuidv7() }])
  const { body } = await it.send(getMyProfile, { token: person.token })
  expect(body.roles).toEqual(['event_creator', 'user'])
})
