import { randomBytes } from 'node:crypto'
import { getKeys, getMe } from '@fermata/contracts/auth'
import { getOrder, placeOrder } from '@fermata/contracts/orders'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, must, putOnSale, signIn } from '../end-to-end/sell.ts'

/** An operator replaces the secrets that sign what people hold: nobody notices, until the old go. */

const secret = () => randomBytes(32).toString('hex')
const [old, young, internal, tickets] = [secret(), secret(), secret(), secret()]

let data: Awaited<ReturnType<typeof createDataFolder>>
let server: ServerProcess | undefined

beforeAll(async () => { data = await createDataFolder() })
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

async function startWith (external: string): Promise<ServerProcess> {
  await server?.stop()
  return server = await startServerProcess(data.folder, {
    JWT_EXTERNAL_SIGNATURE: external, JWT_INTERNAL_SIGNATURE: internal, TICKET_SIGNATURE: tickets })
}

async function order (at: ServerProcess): Promise<{ id: string, access_token: string }> {
  const { event, ticket_type } =
    await putOnSale(at.callAs(await signIn(at.call, 'eventcreator')))
  return must(at.call(placeOrder, { body: { event_id: event.id, buyer: buyer(),
    items: [{ ticket_type_id: ticket_type.id, quantity: 1 }] } }), placeOrder)
}

type Link = Awaited<ReturnType<typeof order>>

const mayRead = async (at: ServerProcess, { id, access_token }: Link) =>
  (await at.callAs(access_token)(getOrder, { params: { id } })).ok
const isKnown = async (at: ServerProcess, token: string) => (await at.callAs(token)(getMe, {})).ok
const keysOf = async (at: ServerProcess) =>
  (await must(at.call(getKeys, {}), getKeys)).keys.map(({ kid }) => kid)

test('replaced secrets: links and sign-ins last while both are believed, and end with the old', async () => {
  const before = await startWith(old)
  const [token, link] = [await signIn(before.call, 'user'), await order(before)]
  const [old_kid] = await keysOf(before)

  const between = await startWith(`${young},${old}`)
  expect(await isKnown(between, token)).toBe(true)
  expect(await mayRead(between, link)).toBe(true)
  const [young_token, young_link] = [await signIn(between.call, 'user'), await order(between)]
  const kids = await keysOf(between)
  expect(kids).toEqual([expect.not.stringMatching(old_kid!), old_kid])

  const after = await startWith(young)
  expect(await keysOf(after)).toEqual([kids[0]])
  expect(await isKnown(after, young_token)).toBe(true)
  expect(await mayRead(after, young_link)).toBe(true)
  // Control: the old one is believed no more.
  expect(await isKnown(after, token)).toBe(false)
  expect(await mayRead(after, link)).toBe(false)
}, 120_000)

test('replaced secrets: one that is too short among others stops the start', async () => {
  await expect(startWith(`${young},short`)).rejects.toThrow('JWT_EXTERNAL_SIGNATURE')
  server = undefined
})
