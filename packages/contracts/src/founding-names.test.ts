import { expect, test } from 'vitest'
import { aliases, foundingPrefixes } from './founding-names.ts'
import { movedNames } from './moved.ts'

const parametersOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort()

test('aliases: each has the parameters of its route', () => {
  expect(aliases.length).toBeGreaterThan(20)
  for (const { path, route } of aliases) {
    expect(parametersOf(path), path).toEqual(parametersOf(route.path))
  }
})

test('aliases and moved names: none is said twice, and none hides an address', () => {
  const names = [...aliases, ...movedNames].map(({ method, path }) =>
    `${method} ${path.replace(/\{\w+\}/g, '{}')}`)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  const addresses = new Set(aliases.map(({ route }) => `${route.method} ${route.path}`))
  expect(names.filter(name => addresses.has(name))).toEqual([])
})

test('foundingPrefixes: what lies below the name of pages is left to the pages', () => {
  const of = (path: string) => foundingPrefixes.find(one => one.path === path)
  expect(of('/events')).toEqual({ path: '/events', service: 'events', is_exact: true })
  expect(of('/bookings')).toEqual({ path: '/bookings', service: 'orders', is_exact: false })
  expect(of('/api/users/register')).toMatchObject({ service: 'auth' })
  expect(of('/api/payments')).toBeUndefined()
})
