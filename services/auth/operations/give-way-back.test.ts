import {
  getMe, login, refresh, resetPassword, rolesChanged, userRegistered, verifyEmail,
} from '@fermata/contracts/auth'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { good_password, mailedToken, newPerson, published } from '../test/people.ts'
import { giveWayBack, lacksAdministrator } from './give-way-back.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

const owners = 'a sentence of the owner'
const signIn = (email: string, password: string) => it.send(login, { body: { email, password } })

test('giveWayBack: appoints the first administrator of an empty installation, by a link that works once', async () => {
  expect(await lacksAdministrator(ctx)).toBe(true)
  const { email, token } = await giveWayBack(ctx, ' Ada@Example.com ', 'appoint')
  expect(email).toBe('ada@example.com')
  expect(await lacksAdministrator(ctx)).toBe(false)
  const body = { token: token!, new_password: owners }
  expect((await it.send(resetPassword, { body })).status).toBe(204)
  expect((await it.send(resetPassword, { body })).status).toBe(400)
  const session = (await signIn(email, owners)).body
  expect(session.user.roles).toEqual(['admin', 'user'])
  const me = await it.send(getMe, { token: session.access_token })
  expect(me.body.email_verified).toBe(true)
  expect(await published(ctx, rolesChanged, session.user.id)).toHaveLength(1)
})

test('giveWayBack: whoever registered the address before is out, and has no rights', async () => {
  const squatter = await newPerson(it)
  const { email } = squatter.user
  const { token } = await giveWayBack(ctx, email, 'appoint')
  await it.eventually(async () =>
    (await it.send(getMe, { token: squatter.access_token })).status === 401)
  const renewed = await it.send(refresh, { body: { refresh_token: squatter.refresh_token } })
  expect(renewed.status).toBe(401)
  expect((await signIn(email, good_password)).status).toBe(401)
  const body = { token: token!, new_password: owners }
  expect((await it.send(resetPassword, { body })).status).toBe(204)
  expect((await signIn(email, owners)).body.user.roles).toEqual(['admin', 'user'])
})

test('giveWayBack: a proven account keeps its password when appointed, and gets a link when lost', async () => {
  const { user, access_token } = await newPerson(it)
  const link = await mailedToken(it, userRegistered, user.id)
  await it.send(verifyEmail, { body: { token: link }, token: access_token })
  expect(await giveWayBack(ctx, user.email, 'appoint')).toEqual({ email: user.email, token: null })
  expect((await signIn(user.email, good_password)).body.user.roles).toEqual(['admin', 'user'])
  const { token } = await giveWayBack(ctx, user.email, 'reset')
  expect((await signIn(user.email, good_password)).status).toBe(200)
  const body = { token: token!, new_password: owners }
  expect((await it.send(resetPassword, { body })).status).toBe(204)
  expect((await signIn(user.email, owners)).body.user.roles).toEqual(['admin', 'user'])
})

test('giveWayBack: refuses who never registered and what is no address', async () => {
  await expect(giveWayBack(ctx, `${uuidv7()}@example.com`, 'reset')).rejects.toThrow('Nobody has')
  await expect(giveWayBack(ctx, 'ada', 'appoint')).rejects.toThrow('no address')
})
