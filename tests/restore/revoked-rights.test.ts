import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as auth from '@fermata/contracts/auth'
import * as backups from '@fermata/contracts/backups'
import * as events from '@fermata/contracts/events'
import type { Role } from '@fermata/contracts/fields'
import { uuidv7 } from '@fermata/platform/ids'
import { restoreCopy } from '@fermata/server/copies/restore-copy'
import { folderStore, openStored, readEndings } from '@fermata/server/copies/stored'
import { allServices } from '@fermata/server/services'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { eventually, startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** What was taken away since a copy stays away, whether the page or the command brings it back. */

const secrets = testSecrets()
const key = Buffer.from(secrets.BACKUP_KEY)
const [first_password, next_password] = ['correct horse battery', 'staple for a better horse']
let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'fermata-rights-')) })
afterAll(() => rm(folder, { recursive: true, force: true }))
const start = (url?: string) => startTestSystem(Object.values(allServices),
  { ...secrets, LOG_LEVEL: 'fatal', BACKUP_DIR: folder }, url)

interface Person { id: string, email: string, token: string }

/** Somebody with a proven address. */
async function signUp (it: TestSystem, name: string): Promise<Person> {
  const email = `${name}.${uuidv7()}@example.com`.toLowerCase()
  const { body } = await it.send(auth.register, {
    body: { email, password: first_password, username: name, locale: 'en' } })
  const { rows: [row] } = await it.context('auth').pool.query<{ id: string }>(
    'update auth.accounts set email_verified_at = now() where email = $1 returning id', [email])
  return { id: row!.id, email, token: body.access_token }
}

const admin = (it: TestSystem) => it.personToken({ roles: ['admin'] })
const setRoles = async (it: TestSystem, { id }: Person, roles: Role[]) => {
  const { status } = await it.send(auth.setRoles,
    { token: await admin(it), params: { user_id: id }, body: { roles } })
  expect(status).toBe(200)
}
const changePassword = async (it: TestSystem, { token }: Person) => {
  const { status } = await it.send(auth.changePassword, { token, body: {
    current_password: first_password, new_password: next_password } })
  expect(status).toBe(204)
}
const rolesOf = async (it: TestSystem, { id }: Person) => (await it.context('auth').pool.query(
  'select roles from auth.accounts where id = $1', [id])).rows[0]?.roles as Role[] | undefined
const signIn = async (it: TestSystem, { email }: Person, password: string) =>
  (await it.send(auth.login, { body: { email, password } })).status
const membersOf = async (it: TestSystem, id: string) => (await it.send(events.listMembers,
  { token: await admin(it), params: { id } })).body.items.map(({ email, role }) => [email, role])
const waiting = async (it: TestSystem, service: 'auth' | 'events' | 'backups') =>
  (await it.context(service).pool.query(
    `select from ${service}.outbox where sent_at is null`)).rowCount ?? 0

async function prepare (it: TestSystem) {
  const people = {
    demoted: await signUp(it, 'Ann'), again: await signUp(it, 'Bob'), raised: await signUp(it, 'Cy'),
    changed: await signUp(it, 'Dan'), before: await signUp(it, 'Eva'),
    removed: await signUp(it, 'Fay'), limited: await signUp(it, 'Gil'), kept: await signUp(it, 'Hal'),
  }
  for (const who of [people.demoted, people.again]) await setRoles(it, who, ['admin', 'operator'])
  await changePassword(it, people.before)
  const owner = await it.personToken({ roles: ['event_creator'] })
  const { body: { id: organizer_id } } = await it.send(events.createOrganizer,
    { token: owner, body: { name: 'Town choir' } })
  const add = async (email: string) => (await it.send(events.addMember, { token: owner,
    key: `key-${uuidv7()}`, params: { id: organizer_id }, body: { email, role: 'owner' } })).body.id
  const places = {
    removed: await add(people.removed.email), limited: await add(people.limited.email),
    kept: await add(people.kept.email), invited: await add('nobody.yet@example.com'),
  }
  return { people, owner, organizer_id, places }
}

type Made = Awaited<ReturnType<typeof prepare>>

async function takeAway (it: TestSystem, { people, owner, organizer_id, places }: Made) {
  await setRoles(it, people.again, ['user'])
  await setRoles(it, people.again, ['admin', 'operator'])
  await setRoles(it, people.demoted, ['user'])
  await setRoles(it, people.raised, ['operator', 'user'])
  await changePassword(it, people.changed)
  for (const member_id of [places.removed, places.invited]) {
    const { status } = await it.send(events.removeMember,
      { token: owner, params: { id: organizer_id, member_id } })
    expect(status).toBe(204)
  }
  await it.send(events.updateMember, { token: owner, body: { role: 'door' },
    params: { id: organizer_id, member_id: places.limited } })
}

async function expectGone (it: TestSystem, { people, organizer_id }: Made) {
  await eventually(async () => await waiting(it, 'backups') === 0, 'all to be told', 30_000)
  expect(await rolesOf(it, people.demoted)).toEqual(['user'])
  expect(await rolesOf(it, people.again)).toEqual(['admin', 'operator'])
  // What was given since the copy is lost with all that came after it.
  expect(await rolesOf(it, people.raised)).toEqual(['user'])

  for (const password of [first_password, next_password]) {
    expect(await signIn(it, people.changed, password)).toBe(401)
  }
  // It was changed so shortly before the copy that it is told of as well.
  expect(await signIn(it, people.before, next_password)).toBe(200)
  expect(await signIn(it, people.kept, first_password)).toBe(200)

  expect(await membersOf(it, organizer_id)).toEqual([
    [null, 'owner'], [people.limited.email, 'door'], [people.kept.email, 'owner']])
  await eventually(async () => await waiting(it, 'events') === 0, 'members to be told', 30_000)
  for (const service of ['orders', 'tickets'] as const) {
    const { rows } = await it.context(service).pool.query<{ user_id: string, role: string }>(
      `select user_id, role from ${service}.members where organizer_id = $1`, [organizer_id])
    const roles = new Map(rows.map(({ user_id, role }) => [user_id, role]))
    expect([people.removed, people.limited, people.kept].map(({ id }) => roles.get(id)))
      .toEqual([undefined, 'door', 'owner'])
  }
}

/** The old password is no use, and the mailed link is: what was voided is no account. */
async function expectWayBack (it: TestSystem, { people: { changed } }: Made) {
  await it.send(auth.forgotPassword, { body: { email: changed.email } })
  const { pool } = it.context('auth')
  const link_id = await eventually(async () => (await pool.query<{ id: string }>(
    'select id from auth.links where account_id = $1', [changed.id])).rows[0]?.id, 'the link')
  const { body: { token } } = await it.send(auth.makeLink,
    { params: { id: link_id }, token: await it.serviceToken('auth', 'notifications') })
  const new_password = 'a third horse, at last'
  await it.send(auth.resetPassword, { body: { token, new_password } })
  expect(await signIn(it, changed, new_password)).toBe(200)
}

test('a restore: roles, members and passwords that were taken away since the copy stay away', async () => {
  const it = await start()
  try {
    const made = await prepare(it)
    const settled = async () => await waiting(it, 'auth') + await waiting(it, 'events') === 0
    await eventually(settled, 'all to be told', 30_000)
    const { body: { id } } = await it.send(backups.createBackup,
      { token: await admin(it), key: `key-${uuidv7()}`, body: {} })
    const backup = await eventually(async () => {
      const { body } = await it.send(backups.getBackup, { token: await admin(it), params: { id } })
      return body.status === 'completed' && body
    }, 'the backup', 60_000)
    await takeAway(it, made)
    await eventually(settled, 'all to be kept beside the copies', 30_000)

    const store = folderStore(folder)
    const stored = await openStored(store, [key], id)
    const { endings, unread } = await readEndings([store], [key], backup.taken_at!)
    expect(unread).toEqual([])
    const elsewhere = await createTestDatabase()
    try {
      await restoreCopy({ store, stored, parts: stored.manifest.parts, endings,
        urlOf: () => elsewhere.url })
      const again = await start(elsewhere.url)
      try {
        await expectGone(again, made)
      } finally {
        await again.stop()
      }
    } finally {
      await elsewhere.drop()
    }

    const restored = await it.send(backups.restoreBackup,
      { token: await admin(it), params: { id }, body: {} })
    expect(restored.status).toBe(200)
    expect(restored.body.restore_report!.ended).toMatchObject({
      accounts: 0, rights: 3, members: 3, passwords: 1 })
    await expectGone(it, made)
    await expectWayBack(it, made)
  } finally {
    await it.stop()
  }
}, 240_000)
