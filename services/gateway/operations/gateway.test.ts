import * as api from '@fermata/contracts/gateway'
import { readyRoute } from '@fermata/contracts/platform'
import { serviceNames, services } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import { defineService, type Context } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { problemCatalogue } from '../rules/problem-catalogue.ts'
import service from '../service.ts'
import { createHealthCheck } from './get-system-health.ts'

// get-service-index, get-system-health, and the pages that no contract describes.

const metrics_token = 'a-token-of-more-than-16'
const peers = serviceNames.filter(name => name !== 'gateway').map(name =>
  defineService<Context>({ name, routes: [] }))
let it: TestSystem
let alone: TestSystem

beforeAll(async () => {
  it = await startTestSystem([service, ...peers], { METRICS_TOKEN: metrics_token, PUBLIC_URL: 'https://tickets.example.org' })
  alone = await startTestSystem([service])
})
afterAll(async () => {
  await it.stop()
  await alone.stop()
})

const get = (url: string, headers: Record<string, string> = {}, remoteAddress = '127.0.0.1', on = it) =>
  on.system.app.inject({ url, headers, remoteAddress })
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

test('getServiceIndex: names every service, its prefixes, its health and its API page, all of which answer', async () => {
  const { status, body } = await it.send(api.getServiceIndex)
  expect(status).toBe(200)
  expect(body.services.map(one => one.name).sort()).toEqual([...serviceNames].sort())
  for (const { name, prefixes, health, documentation } of body.services) {
    expect(prefixes).toEqual(services[name].prefixes)
    expect((await get(health)).statusCode, health).toBe(200)
    expect((await get(documentation)).statusCode, documentation).toBe(200)
  }
})

test('getSystemHealth: is ok when every service is ready', async () => {
  const { status, body } = await it.send(api.getSystemHealth)
  expect({ status, said: body.status }).toEqual({ status: 200, said: 'ok' })
  expect(body.services.filter(one => one.ready)).toHaveLength(serviceNames.length)
})

test('getSystemHealth: names who is away, as 503', async () => {
  const { status, body } = await alone.send(api.getSystemHealth)
  expect({ status, said: body.status }).toEqual({ status: 503, said: 'degraded' })
  expect(body.services.filter(one => one.ready).map(one => one.name)).toEqual(['gateway'])
})

test('createHealthCheck: asks each service once for all who come within a second', async () => {
  const asked: string[] = []
  const call = (async (route: { path: string }) => {
    asked.push(route.path)
    return { ready: true }
  }) as unknown as Context['call']
  const ask = createHealthCheck({ call })
  await Promise.all([ask(), ask(), ask()])
  expect(asked.sort()).toEqual(serviceNames.map(name => readyRoute(name).path).sort())
})

test('createHealthCheck: who does not answer within a second is not ready', async () => {
  const call = (() => new Promise(() => {})) as unknown as Context['call']
  const started_ms = performance.now()
  const health = await createHealthCheck({ call })()
  expect(performance.now() - started_ms).toBeLessThan(3000)
  expect(health.status).toBe('degraded')
  expect(health.services.every(one => !one.ready)).toBe(true)
})

test('getPortal: leads to every API page and every problem, and loads only its style sheet', async () => {
  const answer = await get('/docs')
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(answer.headers['content-security-policy']).toBe(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  for (const name of serviceNames) expect(answer.payload).toContain(`href="/api/${name}/doc/"`)
  for (const { type } of problemCatalogue) expect(answer.payload).toContain(`href="${type}"`)
  expect(answer.payload).toContain('curl &#39;https://tickets.example.org/api/events?q=concert&#39;')
  expect(answer.payload).not.toMatch(/<script|<style|style=|<img|src=/)
  const style = await get('/docs/style.css')
  expect([style.statusCode, style.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8'])
  expect((await get('/docs/')).statusCode).toBe(200)
})

test('getProblem: explains every problem to people and to programs', async () => {
  for (const entry of problemCatalogue) {
    const page = await get(entry.type, browser)
    expect([page.statusCode, page.headers['content-type']], entry.type).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.payload).toContain(entry.type)
    expect((await get(entry.type)).json()).toEqual(entry)
  }
  expect((await get('/problems/events/has-orders', { accept: 'application/json' })).json()).toMatchObject({
    status: 409, extensions: ['sold', 'held'], routes: ['PATCH /api/events/{id}', 'DELETE /api/events/{id}'],
  })
  expect((await get('/problems/events/no-such-thing')).statusCode).toBe(404)
  expect((await get('/problems/%3Cscript%3E/x', browser)).payload).not.toContain('<script>')
})

test('listProblems: the whole list for programs, the portal for people', async () => {
  expect((await get('/problems')).json().items).toHaveLength(problemCatalogue.length)
  const page = await get('/problems', browser)
  expect([page.statusCode, page.headers.location]).toEqual([302, '/docs#problems'])
})

test('getMetrics: this machine reads them, others need the token', async () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const local = await get('/metrics')
  expect(local.statusCode).toBe(200)
  expect(local.headers['content-type']).toMatch(/^text\/plain/)
  expect(local.payload).toContain('fermata_http_request_duration_seconds_bucket{')
  expect(local.payload).toContain('fermata_outbox_waiting{service="orders"} 0')
  expect((await get('/metrics', {}, '203.0.113.9')).statusCode).toBe(401)
  expect((await get('/metrics', bearer('another-token-of-16'), '203.0.113.9')).statusCode).toBe(401)
  expect((await get('/metrics', bearer(metrics_token), '203.0.113.9')).statusCode).toBe(200)
  expect((await get('/metrics', {}, '203.0.113.9', alone)).statusCode).toBe(403)
})

test('getMetrics: a proxy on this machine does not lend its address to the client behind it', async () => {
  expect((await get('/metrics', { 'x-forwarded-for': '203.0.113.9' })).statusCode).toBe(401)
  // Only a trusted proxy is believed: a stranger cannot say that it is us.
  expect((await get('/metrics', { 'x-forwarded-for': '127.0.0.1' }, '203.0.113.9')).statusCode).toBe(401)
})

test('getSystemSigns: tells administrators of each figure, and what is too much first', async () => {
  const token = await it.personToken({ roles: ['admin'] })
  const db = it.context('users').pool
  const before = await it.send(api.getSystemSigns, { token })
  await db.query(`insert into users.dead_letters (id, event_id, handler, type, data, error)
    values ($1, $1, 'followOrders', 'orders.order_completed.v1', '{}', 'No')`, [uuidv7()])

  const given_up = (of: typeof before) => of.body.signs.filter(({ name }) => name === 'given_up')
  // What was asked a moment ago is remembered for a while.
  const body = await vi.waitFor(async () => {
    const answer = await it.send(api.getSystemSigns, { token })
    expect(given_up(answer)).toMatchObject([{ value: 1 }])
    return answer.body
  }, 10_000)

  expect(given_up(before)).toMatchObject([{ value: 0, most: 0 }])
  // Empty stand-ins, which know nothing of what only these can tell.
  expect(body.unanswered.sort()).toEqual(['backups', 'notifications', 'payments'])
  expect(body.signs[0]).toEqual({ name: 'given_up', service: 'users', value: 1, most: 0 })
  expect(body.signs.filter(({ name }) => name === 'log_lines_dropped')).toHaveLength(1)
})

test('getSystemSigns: is for administrators alone, and names who did not answer', async () => {
  const stranger = await it.send(api.getSystemSigns, { token: await it.personToken() })
  expect(stranger.status).toBe(403)
  const { body } = await alone.send(api.getSystemSigns, {
    token: await alone.personToken({ roles: ['admin'] }) })
  expect(body.unanswered).toEqual(serviceNames.filter(name => name !== 'gateway'))
})
