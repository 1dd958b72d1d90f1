import {
  badLinkToken, checkLink, userRegistered, verifyEmail,
} from '@fermata/contracts/auth'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import service from '../service.ts'
import { mailedToken, newPerson } from '../test/people.ts'

let it: TestSystem
beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())

const check = (token: string, purpose: 'verify_email' | 'reset_password' = 'verify_email') =>
  it.send(checkLink, { body: { token, purpose } })

test('checkLink: says whether a link works, for what it is for, and uses nothing up', async () => {
  const { user, access_token } = await newPerson(it)
  const token = await mailedToken(it, userRegistered, user.id)
  for (let look = 0; look < 2; look++) expect((await check(token)).status).toBe(204)
  expect((await check(token, 'reset_password')).problem.type).toBe(badLinkToken.type)

  expect((await it.send(verifyEmail, { body: { token }, token: access_token })).status).toBe(204)

  expect((await check(token)).problem.type).toBe(badLinkToken.type)
})

test('checkLink: a token that nobody was sent is none, and tells nothing', async () => {
  const answer = await check('x'.repeat(43))
  expect([answer.status, answer.problem.type]).toEqual([400, badLinkToken.type])
  expect((await check('short')).status).toBe(400)
})
