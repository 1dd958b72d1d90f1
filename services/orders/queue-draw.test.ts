import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { draw, placeInDraw, seedOf, type Drawn } from './queue-draw.ts'
import { bindingOf, newIds, queueKeys, readPass, readToken, signPass, signToken } from './queue-tokens.ts'

/** The draw and the tokens (queue-draw.ts, queue-tokens.ts), without a database. */

/** Ids and keys from a number, so that a failure can be repeated. */
const bytesOf = (name: string, length: number) =>
  createHash('sha256').update(name).digest().subarray(0, length)

const oneBatch = (ids: Buffer[]): Drawn[] => [{ ids: Buffer.concat(ids), networks: null }]

/** Of a table of 10 by 10 whose margins are fixed: 81 degrees of freedom. */
const chi_square_at_1_percent = 113.5

test('draw: the time of arrival before the opening does not matter (chi-square, p > 0.01)', async () => {
  const seed_name = 'waiting room 2027-03-01'
  const visitors = 20_000
  const cells = 10
  const ids = Array.from({ length: visitors }, (_, index) => bytesOf(`${seed_name} visitor ${index}`, 16))
  const drawn = await draw(seedOf(bytesOf(`${seed_name} key`, 32), bytesOf(`${seed_name} joins`, 32)), oneBatch(ids))
  const counts = new Float64Array(cells * cells)
  ids.forEach((id, arrival) => {
    const place = placeInDraw(drawn, id)! - 1
    const cellOf = (position: number) => Math.floor(position * cells / visitors)
    counts[cellOf(arrival) * cells + cellOf(place)]!++
  })
  const expected = visitors / counts.length
  const chi_square = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  console.log(`draw: seed "${seed_name}", ${visitors} visitors, chi-square ${chi_square.toFixed(1)}`)
  expect(chi_square).toBeLessThan(chi_square_at_1_percent)
})

test('draw: gives every place once, whatever the number of visitors', async () => {
  for (const count of [0, 1, 2, 9001]) {
    const ids = newIds(count)
    const drawn = await draw(seedOf(bytesOf('key', 32), bytesOf(`${count} joins`, 32)), oneBatch(ids))
    const places = ids.map(id => placeInDraw(drawn, id)!).sort((a, b) => a - b)
    expect(places).toEqual(Array.from({ length: count }, (_, index) => index + 1))
  }
})

test('readToken: takes back what was signed and nothing else', () => {
  const keys = queueKeys('a secret of thirty-two characters', 'one event')
  const place = { id: newIds(1)[0]!, place: 123_456, joined_ms: 1_800_000_000_000,
    binding: bindingOf('visitor', null) }
  const token = signToken(keys, place)
  expect(readToken(keys, token)).toEqual(place)
  expect(readToken(queueKeys('a secret of thirty-two characters', 'another'), token)).toBeNull()
  expect(readPass(keys, token.replace('fq_', 'fp_'))).toBeNull()
  for (let at = 3; at < token.length; at++) {
    const other = token[at] === 'A' ? 'B' : 'A'
    expect(readToken(keys, token.slice(0, at) + other + token.slice(at + 1))).toBeNull()
  }
})

test('readToken, readPass: a place lasts while the secret that signed it is believed', () => {
  const [old, young] = ['o'.repeat(32), 'y'.repeat(32)]
  const keysOf = (secrets: string) => queueKeys(secrets, 'one event')
  const place = { id: newIds(1)[0]!, place: 1, joined_ms: 1, binding: bindingOf(undefined, null) }
  const token = signToken(keysOf(old), place)
  const pass = signPass(keysOf(`${young},${old}`), { ...place, expires_ms: 2 })
  expect(readToken(keysOf(`${young},${old}`), token)).toEqual(place)
  expect(readPass(keysOf(young), pass)).toMatchObject({ place: 1 })
  expect(readToken(keysOf(young), token)).toBeNull()
})

test('readPass: takes back what was signed and nothing else', () => {
  const keys = queueKeys('a secret of thirty-two characters', 'one event')
  const pass = { place: 7, expires_ms: 1_800_000_000_000, binding: bindingOf(undefined, 'somebody') }
  const text = signPass(keys, pass)
  expect(readPass(keys, text)).toEqual(pass)
  expect(readToken(keys, text.replace('fp_', 'fq_'))).toBeNull()
  for (const broken of ['', 'fp_', text.slice(0, -1), `${text}A`, text.toUpperCase()]) {
    expect(readPass(keys, broken)).toBeNull()
  }
})
