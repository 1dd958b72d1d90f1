import { credentialsDeleted } from '@fermata/contracts/auth'
import { erasedBuyer } from '@fermata/contracts/fields'
import { checkIn } from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { issueOne, publisher, ticketsOf } from '../test/seed.ts'

let it: TestSystem

beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())

const deleted = (user_id: string, email: string, email_verified: boolean) =>
  publisher(it.context<Ctx>('tickets'))(credentialsDeleted, [
    { user_id, email, email_verified, deleted_at: new Date().toISOString() },
  ])

const holderOf = async (order_id: string) => (await ticketsOf(it, order_id))[0]!.holder

test('forgetHolders: tickets of an erased person still admit, but say nobody\'s name', async () => {
  const user_id = uuidv7()
  const email = `ann-${user_id}@example.com`
  const buyer = { name: 'Ann', email, locale: 'en' as const }
  const mine = await issueOne(it, { user_id, buyer })
  const as_guest = await issueOne(it, { buyer: { ...buyer, email: email.toUpperCase() } })
  const stranger = await issueOne(it)
  await deleted(user_id, email, true)

  await it.eventually(async () => (await holderOf(mine.order_id)).email === erasedBuyer.email)
  expect(await holderOf(mine.order_id)).toEqual(erasedBuyer)
  expect(await holderOf(as_guest.order_id)).toEqual(erasedBuyer)
  expect(await holderOf(stranger.order_id)).toEqual(stranger.holder)
  const admitted = await it.send(checkIn, {
    token: await it.personToken({ roles: ['operator'] }),
    body: { code: mine.code, event_id: mine.event_id, gate: 'A' },
  })
  expect(admitted.status).toBe(201)
})

test('forgetHolders: an account whose address was never proven takes no guest\'s ticket with it', async () => {
  const user_id = uuidv7()
  const email = `claimed-${user_id}@example.com`
  const buyer = { name: 'Gil', email, locale: 'en' as const }
  const guest = await issueOne(it, { buyer })
  const own = await issueOne(it, { user_id, buyer })
  await deleted(user_id, email, false)
  await it.eventually(async () => (await holderOf(own.order_id)).email === erasedBuyer.email)
  expect((await holderOf(guest.order_id)).email).toBe(email)
})
