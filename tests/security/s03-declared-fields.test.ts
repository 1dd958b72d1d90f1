import type { AnyRoute } from '@fermata/contracts/define'
import { allServices } from '@fermata/server/services'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allRoutes, type ServedRoute } from './fuzz/routes.ts'
import { atScale, figure } from '../proofs/proof.ts'

/** Nobody sets a column by guessing its name: what a contract does not name is refused everywhere. */

let it: TestSystem
let routes: ServedRoute[]
/** Of every table of every service. */
let columns: string[]

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices))
  routes = await allRoutes()
  const rows = await sql<{ name: string }>`
    select distinct column_name as name from information_schema.columns
     where table_schema = any(${routes.map(({ service }) => service)}::text[]) order by 1`.rows(it.context('orders').db)
  columns = rows.map(({ name }) => name)
}, 60_000)
afterAll(() => it.stop())

async function tokenFor ({ service, route }: ServedRoute): Promise<string> {
  if (route.access === 'internal') return it.serviceToken(service, route.callers![0])
  return it.personToken({ roles: ['admin', 'operator', 'event_creator', 'user'] })
}

/** Path parameters that fit their patterns and belong to nobody. */
const paramsOf = ({ params }: AnyRoute) => Object.fromEntries(
  Object.entries((params?.properties ?? {}) as Record<string, { enum?: string[] }>)
    .map(([name, schema]) => [name, schema.enum?.[0] ?? uuidv7()]))

interface Shape { properties?: Record<string, Shape>, items?: Shape, anyOf?: Shape[] }

/** Each object inside a schema, with a value in which that object has one field more. */
function withMore (shape: Shape, more: object, at = ''): { at: string, value: unknown }[] {
  if (shape.anyOf) return shape.anyOf.flatMap(one => withMore(one, more, at))
  if (shape.items) {
    return withMore(shape.items, more, `${at}.0`).map(({ at, value }) => ({ at, value: [value] }))
  }
  if (!shape.properties) return []
  const below = Object.entries(shape.properties).flatMap(([name, one]) =>
    withMore(one, more, at ? `${at}.${name}` : name)
      .map(({ at, value }) => ({ at, value: { [name]: value } })))
  return [{ at, value: more }, ...below]
}

const fieldsOf = (answer: { problem?: { errors?: { field: string }[] } }) =>
  answer.problem?.errors?.map(({ field }) => field) ?? []

test('S3: every column of every table is refused by every body that does not name it', async () => {
  let asked = 0
  for (const served of routes) {
    const { route } = served
    if (!route.body || route.raw_body) continue
    const declared = Object.keys((route.body as Shape).properties ?? {})
    const hidden = columns.filter(name => !declared.includes(name))
    const some = hidden.filter((_, index) => index % atScale(40, 1) === asked % atScale(40, 1))
    const token = await tokenFor(served)
    for (const name of some) {
      for (const { at, value } of withMore(route.body as Shape, { [name]: 1 })) {
        const is_known = at !== '' && JSON.stringify(route.body).includes(`"${name}"`)
        if (is_known) continue
        const answer = await it.send(route, { params: paramsOf(route), body: value, token })
        expect([served.name, at, name, answer.status]).toEqual([served.name, at, name, 400])
        expect(fieldsOf(answer), `${served.name} ${at}`).not.toEqual([])
        asked++
      }
    }
  }
  expect(columns.length).toBeGreaterThan(100)
  figure('S3', `${columns.length} column names, ${asked} bodies with one of them where no contract names it: all refused`)
}, atScale(60_000, 900_000))

test('S3: a query that a route does not declare is refused by every route', async () => {
  for (const served of routes) {
    const { route } = served
    const answer = await it.send(route, {
      params: paramsOf(route), query: { is_admin: '1' }, token: await tokenFor(served),
    })
    expect([served.name, answer.status, fieldsOf(answer).includes('is_admin')])
      .toEqual([served.name, 400, true])
  }
})

test('S3: a body that a route does not declare is refused by every route', async () => {
  const bodies: unknown[] = [{ is_admin: true }, [], 'x', 1, true]
  for (const served of routes) {
    const { route } = served
    if (route.body) continue
    const token = await tokenFor(served)
    for (const body of bodies) {
      const answer = await it.send(route, {
        params: paramsOf(route), token, body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })
      expect([served.name, body, answer.status]).toEqual([served.name, body, 400])
    }
  }
})

test('S3: what says nothing is no body: programs that always send an object are served', async () => {
  const without = routes.filter(({ route }) => !route.body && route.method !== 'GET')
  expect(without.length).toBeGreaterThan(10)
  for (const served of without) {
    const { route } = served
    const token = await tokenFor(served)
    const ask = (body?: object) => it.send(route, { params: paramsOf(route), token, body })
    const [bare, empty] = [await ask(), await ask({})]
    expect([served.name, empty.status, empty.problem?.type])
      .toEqual([served.name, bare.status, bare.problem?.type])
  }
})
