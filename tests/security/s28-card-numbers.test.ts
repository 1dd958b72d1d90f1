import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames } from '@fermata/contracts/services'
import { holdsCardNumber } from '@fermata/platform/card-numbers'
import { allServices } from '@fermata/server/services'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { draftFor, pageTargets, routeTargets, type Draft, type Target } from './fuzz/drafts.ts'
import { allRoutes } from './fuzz/routes.ts'
import { createSender } from './fuzz/send.ts'
import { wireOf } from './fuzz/wire.ts'
import { public_origin, startWorld, type World } from './fuzz/world.ts'
import { placesOf, tryEach } from './places.ts'
import { atScale, figure } from '../proofs/proof.ts'

/**
 * S28: people type the number of a card into whatever field there is. Put into every place of every
 * route and page, and into headers that are kept, none is found in any table or log.
 */

/** Test numbers of the schemes, as people write them. */
const cards = [
  '4111111111111111', '5555 5555 5555 4444', '3782-822463-10005', '6011111111111117',
  'my card is 4242 4242 4242 4242 thanks', '4242424242424242@example.com', '3530111333300000',
]
const planted = [...new Set(cards.map(card => card.replace(/\D/g, '')))]

let world: World
beforeAll(async () => { world = await startWorld(allServices) }, 120_000)
afterAll(() => world.stop())

/** Every row of every table, as text. */
async function rowsWithCards (): Promise<string[]> {
  const found: string[] = []
  const { pool } = world.server.system.contexts.get('auth')!
  const { rows: tables } = await pool.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname = any($1)`, [[...serviceNames, 'graphile_worker']])
  for (const { name } of tables) {
    const { rows } = await pool.query<{ text: string }>(`select to_jsonb(t)::text as text from ${name} t`)
    found.push(...rows.map(row => `${name} ${row.text}`).filter(isCard))
  }
  return found
}

const digitsOf = (text: string) => text.replace(/[^\d"]/g, '')
const isCard = (text: string) =>
  planted.some(card => text.includes(card) || digitsOf(text).includes(card)) ||
  text.split('"').some(holdsCardNumber)

const linesWithCards = () => readdirSync(world.log_folder).flatMap(name =>
  readFileSync(join(world.log_folder, name), 'utf8').split('\n')).filter(isCard)

test('S28: the control, one that was stored or logged is found', async () => {
  const { pool } = world.server.system.contexts.get('events')!
  await pool.query(`update events.organizers set name = 'Pay 4111 1111 1111 1111'`)
  expect(await rowsWithCards()).not.toEqual([])
  await pool.query(`update events.organizers set name = 'Town Hall'`)
  expect(await rowsWithCards()).toEqual([])
  expect(isCard('{"q":"5555 5555 5555 4444"}')).toBe(true)
  expect(isCard('{"at":"2027-03-01T10:00:00.000Z","id":"0198f3c0-0000-7000-8000-000000000001"}')).toBe(false)
})

test('S28: no card\'s number is kept, whatever place it is put into', async () => {
  const targets = [...routeTargets(await allRoutes()), ...await pageTargets()]
    .filter(target => target.is === 'page' ? target.acts : target.served.route.access !== 'internal')
  const sender = createSender(world.port, 4)
  let sent = 0
  let turn = 0
  const failed: string[] = []

  async function send (draft: Draft, more: [string, string][] = []): Promise<void> {
    const wire = wireOf(draft, { known: world.known, tokenOf: world.tokenOf, public_origin })
    const answer = await sender.send({ ...wire, headers: [...wire.headers, ...more] })
    sent++
    if (answer && answer.status >= 500) failed.push(`${answer.status} ${wire.method} ${wire.path}`)
  }

  async function tryTarget (target: Target): Promise<void> {
    const [sample] = fc.sample(draftFor([target]), { numRuns: 1, seed: 28 })
    const draft: Draft = { ...sample!, twist: null, key: null, posts: true, data: false }
    const card = () => cards[turn++ % cards.length]!
    for (let time = 0; time < atScale(1, cards.length); time++) {
      if (target.is === 'page') {
        for (const name of target.fields)
          await send({ ...draft, body: { ...draft.body as object, [name]: card() } })
      } else for (const putIn of placesOf({ ...draft, with_cookie: false }, target, world.known))
        await send(putIn(card()))
      await send({ ...draft, with_cookie: target.is === 'page' }, [
        ['x-request-id', planted[turn % planted.length]!], ['user-agent', `Browser ${card()}`],
        ['idempotency-key', planted[turn % planted.length]!]])
    }
  }

  await tryEach(world, targets, tryTarget)
  sender.close()
  expect(failed).toEqual([])
  expect(await rowsWithCards()).toEqual([])
  expect(linesWithCards()).toEqual([])
  figure('S28', `${sent} requests with a card's number in one place or another of ${targets.length} ` +
    'routes and forms: 0 numbers that pass Luhn\'s check in any table or log.')
}, atScale(120_000, 900_000))
