import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  getQueue, getQueuePosition, joinQueue, listQueueJoins, placeOrder, setQueue,
} from '@fermata/contracts/orders'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from './sell.ts'

/**
 * The waiting room of a server that is killed while people join, and its draw recomputed by the
 * tool.
 */

let data: Awaited<ReturnType<typeof createDataFolder>>
let server: Installation

beforeAll(async () => {
  data = await createDataFolder()
  server = await startInstallation(data.folder)
}, start_within_ms)
afterAll(async () => {
  await server.stop()
  await data.remove()
})

const tool = fileURLToPath(new URL('../../tools/verify-draw.ts', import.meta.url))

interface Said { code: number, output: string }

const verify = (source: string, ...tokens: string[]) => new Promise<Said>(resolve => {
  execFile(process.execPath, [tool, source, ...tokens], (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }))
})

async function openRoom (opens_in_seconds: number) {
  const organizer = server.callAs(await signIn(server.call, 'eventcreator'))
  const { event, ticket_type } = await putOnSale(organizer)
  const opens_at = new Date(Date.now() + opens_in_seconds * 1000).toISOString()
  // All of them come from this machine.
  const body = { enabled: true, opens_at, max_in_checkout: 3, free_joins_per_network: 1000 }
  await must(organizer(setQueue, { params: { event_id: event.id }, body }))
  return { event_id: event.id, ticket_type_id: ticket_type.id, opens_ms: Date.parse(opens_at) }
}

const take = async (event_id: string) =>
  (await must(server.call(joinQueue, { params: { event_id }, body: {} }), joinQueue)).token
const position = (event_id: string, token: string) =>
  must(server.call(getQueuePosition, { params: { event_id }, query: { token } }), getQueuePosition)
const placesOf = (event_id: string, tokens: string[]) =>
  Promise.all(tokens.map(async token => (await position(event_id, token)).place!))

/** Of two processes one hears of the draw up to a second after the other. */
const opened = (event_id: string) => eventually(async () => {
  const told = await Promise.all(Array.from({ length: 8 }, () =>
    must(server.call(getQueue, { params: { event_id } }), getQueue)))
  return told.every(({ state }) => state === 'open') && told[0]
}, 'the draw', 40_000)

test('waiting room: kill -9 keeps every place, and the tool recomputes the draw', async () => {
  const { event_id, ticket_type_id, opens_ms } = await openRoom(15)
  const tokens = await Promise.all(Array.from({ length: 40 }, () => take(event_id)))
  // These may or may not have been answered when the process dies; only answers are promises.
  const dying = Array.from({ length: 40 }, () =>
    take(event_id).then(token => tokens.push(token), () => undefined))
  await server.kill()
  await Promise.all(dying)
  server = await startInstallation(data.folder)
  const again = await take(event_id)
  // Two dozen processes may take longer to come back than the room takes to open.
  const again_in_time = Date.now() < opens_ms

  const queue = await opened(event_id)
  const late = await take(event_id)
  const places = await placesOf(event_id, tokens)
  const [again_place, late_place] = await placesOf(event_id, [again, late])
  const drawn = queue.draw.drawn_count!

  expect(new Set([...places, again_place]).size).toBe(tokens.length + 1)
  expect(Math.max(...places)).toBeLessThanOrEqual(drawn)
  expect(again_in_time && again_place! > drawn).toBe(false)
  expect(late_place).toBe(Math.max(drawn, again_place!) + 1)
  const verdict = await verify(`${server.url}/api/queue/${event_id}`, tokens[0]!, late)
  expect(verdict.output).toContain(`right: ${queue.draw.drawn_count} visitors`)
  expect(verdict.output).toContain(`has place ${places[0]}`)
  expect(verdict.output).toContain(`has place ${late_place}`)
  expect(verdict.code).toBe(0)

  const first = tokens[places.indexOf(Math.min(...places))]!
  const queue_pass = await eventually(async () => (await position(event_id, first)).pass, 'the turn')
  const body = { event_id, items: [{ ticket_type_id, quantity: 1 }], buyer: buyer() }
  expect((await server.call(placeOrder, { body })).status).toBe(403)
  expect((await server.call(placeOrder, { body: { ...body, queue_pass } })).status).toBe(201)

  await server.kill()
  server = await startInstallation(data.folder)

  await opened(event_id)
  expect(await placesOf(event_id, tokens)).toEqual(places)
}, 150_000)

test('waiting room: the tool notices a draw that was tampered with', async () => {
  const { event_id } = await openRoom(3)
  for (let count = 0; count < 5; count++) await take(event_id)
  const queue = await eventually(async () => {
    const now = await must(server.call(getQueue, { params: { event_id } }), getQueue)
    return now.draw.order_digest !== null && now
  }, 'the draw')
  const { items: joins } = await must(
    server.call(listQueueJoins, { params: { event_id }, query: {} }), listQueueJoins)
  const tell = async (published: object) => {
    const file = join(data.folder, 'draw.json')
    await writeFile(file, JSON.stringify(published))
    return verify(file)
  }
  const { draw } = queue
  const other = '00'.repeat(32)

  expect(await tell({ queue, joins })).toMatchObject({ code: 0 })
  for (const [changed, says] of [
    [{ queue: { draw: { ...draw, key: other } }, joins }, 'not the one whose hash was published'],
    [{ queue, joins: joins.slice(1) }, 'not the one that was drawn'],
    [{ queue, joins: [...joins, joins[0]!] }, 'an id took part twice'],
    [{ queue, joins: joins.map(batch => ({ ...batch, networks: null })) }, 'not the one that was drawn'],
    [{ queue: { draw: { ...draw, order_digest: other } }, joins }, 'the order that was served'],
    [{ queue: { draw: { ...draw, key: null } }, joins }, 'has not taken place yet'],
  ] as const) {
    const { code, output } = await tell(changed)
    expect(output).toContain(says)
    expect(code).toBe(1)
  }
}, 60_000)
