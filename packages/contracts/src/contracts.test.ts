import type { TObject } from 'typebox'
import { describe, expect, test } from 'vitest'
import { Compile } from 'typebox/compile'
import type { AnyRoute, EventDefinition, ProblemDefinition } from './define.ts'
import { everyContract as contracts } from './every-contract.ts'
import * as platform from './platform.ts'
import { platformProblems } from './problems.ts'
import { serviceNames, services } from './services.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const isRoute = (value: unknown): value is AnyRoute =>
  isObject(value) && 'method' in value && 'path' in value
const isEvent = (value: unknown): value is EventDefinition =>
  isObject(value) && 'data' in value && typeof value.type === 'string'
const isProblem = (value: unknown): value is ProblemDefinition =>
  isObject(value) && 'title' in value && 'status' in value && typeof value.type === 'string'

const routes = serviceNames.flatMap(service => [
  ...Object.entries(contracts[service]).flatMap(([name, value]) => isRoute(value) ? [{
    service, name, route: value,
  }] : []),
  ...Object.entries(platform).flatMap(([name, make]) =>
    typeof make === 'function'
      ? [{ service, name: `${name}(${service})`, route: make(service) as AnyRoute }]
      : []),
])
const problems = [
  ...serviceNames.flatMap(service => Object.values(contracts[service])
    .flatMap(value => isProblem(value) ? [{ owner: service, problem: value }] : [])),
  ...platformProblems.map(problem => ({ owner: 'request', problem: problem as ProblemDefinition })),
  ...Object.values(platform).flatMap(value => isProblem(value) ? [{
    owner: 'platform', problem: value,
  }] : []),
]
const published = serviceNames.flatMap(service => Object.entries(contracts[service])
  .flatMap(([name, value]) => isEvent(value) ? [{ service, name, event: value }] : []))

interface Found { at: string, schema: Record<string, unknown> }

/** Every schema of type object inside, with where it is. */
function objectsIn (schema: unknown, at = 'body'): Found[] {
  if (!isObject(schema)) return []
  const inner = Object.entries(schema).flatMap(([key, value]) => objectsIn(value, `${at}.${key}`))
  return schema.type === 'object' ? [{ at, schema }, ...inner] : inner
}

test('contracts: every service has routes', () => {
  const without = serviceNames.filter(name => !Object.values(contracts[name]).some(isRoute))
  expect(without).toEqual([])
})

test('contracts: method and path are unique, whatever the parameters are called', () => {
  const seen = routes.map(({ route }) => `${route.method} ${route.path.replace(/\{\w+\}/g, '{}')}`)
  expect(seen.filter((line, i) => seen.indexOf(line) !== i)).toEqual([])
})

test('contracts: problem types are unique, well-formed and begin with their owner', () => {
  const types = problems.map(({ problem }) => problem.type)
  expect(new Set(types).size).toBe(types.length)
  for (const { owner, problem } of problems) {
    expect(problem.type).toMatch(new RegExp(`^/problems/${owner}/[a-z]+(-[a-z]+)*$`))
    expect(problem.status, problem.type).toBeGreaterThanOrEqual(400)
    expect(problem.status, problem.type).toBeLessThan(600)
  }
})

test('contracts: problem extensions do not hide the members of RFC 9457', () => {
  const reserved = ['type', 'title', 'status', 'detail', 'instance']
  for (const { problem } of problems) {
    const names = Object.keys(problem.extensions?.properties ?? {})
    expect(names.filter(name => reserved.includes(name)), problem.type).toEqual([])
  }
})

test('contracts: event types are unique and named after service and constant', () => {
  const types = published.map(({ event }) => event.type)
  expect(new Set(types).size).toBe(types.length)
  for (const { service, name, event } of published) {
    const snake = name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    expect(event.type).toMatch(new RegExp(`^${service}\\.${snake}\\.v[1-9][0-9]*$`))
    expect(() => Compile(event.data), event.type).not.toThrow()
  }
})

describe.each(routes)('$name', ({ service, route }) => {
  test('path lies below a prefix of its service, or is internal to it', () => {
    const below = (prefix: string) => route.path === prefix || route.path.startsWith(`${prefix}/`)
    const own: string[] = [...services[service].prefixes, `/api/${service}`]
    const allowed = route.access === 'internal' ? [`/internal/${service}`] : own
    expect(allowed.some(below), route.path).toBe(true)
  })

  test('path parameters are those of params', () => {
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort()
    expect(Object.keys(route.params?.properties ?? {}).sort()).toEqual(inPath)
  })

  test('objects in params, query and body are closed', () => {
    const open = objectsIn([route.params, route.query, route.body]).filter(({
      schema,
    }) => schema.additionalProperties !== false)
    expect(open.map(({ at }) => at)).toEqual([])
  })

  test('strings and arrays that a caller sends have a limit', () => {
    const body = route.raw_body ? undefined : route.body
    expect(unlimitedIn([route.params, route.query, body])).toEqual([])
  })

  test('only writes carry a body or an Idempotency-Key, and every creation accepts one', () => {
    const creates = 201 in route.reply
    // A stored reply would keep its tokens in plain text.
    const has_tokens = 'refresh_token' in ((route.reply[201] as TObject | undefined)?.properties ?? {})
    expect({
      reads_with_a_body: route.method === 'GET' && Boolean(route.body ?? route.idempotent),
      creates_without_a_key: creates && !has_tokens && !route.idempotent,
      stores_tokens: has_tokens && Boolean(route.idempotent),
    }).toEqual({ reads_with_a_body: false, creates_without_a_key: false, stores_tokens: false })
  })

  test('summary is one line, problems are declared once, and schemas compile', () => {
    expect(route.summary).toMatch(/^[A-Z][^\n]{5,90}[^.]$/)
    expect(new Set(route.problems).size).toBe(route.problems.length)
    const schemas = [route.params, route.query, route.body, ...Object.values(route.reply)]
    for (const schema of schemas.filter(isObject)) expect(() => Compile(schema)).not.toThrow()
  })
})

/** Where a string or an array could be as long as the body. */
function unlimitedIn (schema: unknown, at = 'request'): string[] {
  if (!isObject(schema)) return []
  const inner = Object.entries(schema).flatMap(([key, value]) => unlimitedIn(value, `${at}.${key}`))
  const fixed = 'maxLength' in schema || 'format' in schema || 'const' in schema ||
    /\{\d+(,\d+)?\}\$$/.test(String(schema.pattern))
  if (schema.type === 'string' && !fixed) inner.push(at)
  if (schema.type === 'array' && !('maxItems' in schema)) inner.push(at)
  return inner
}
