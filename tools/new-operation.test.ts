import { expect, test } from 'vitest'
import { addEntry, addImport } from './edit-source.ts'
import {
  findEvent, handlerFiles, jobFiles, operationFiles, planOperation, planRoute, promise, refuse,
} from './new-operation.ts'
import { rules } from './tidy-rules.ts'

const made = [
  ['what answers a route', operationFiles('orders', 'close-sale')],
  ['what handles an event', handlerFiles('orders', 'close-sale', 'orderCompleted', 'orders')],
  ['what works in the background', jobFiles('orders', 'close-sale')],
] as const

test.for(made)('new-operation: %s keeps the house rules', ([, files]) => {
  const broken = rules.filter(({ name }) => name !== 'service-shape').flatMap(rule => rule.find(files))
  expect(broken).toEqual([])
  expect(files.map(({ path }) => path)).toEqual([
    'services/orders/operations/close-sale.ts', 'services/orders/operations/close-sale.test.ts'
  ])
})

test.for([
  ['get-note', 'GET', '/api/orders/notes/{id}', 200], ['list-notes', 'GET', '/api/orders/notes', 200],
  ['create-note', 'POST', '/api/orders/notes', 201], ['add-entry', 'POST', '/api/orders/entries', 201],
  ['update-ticket-type', 'PATCH', '/api/ticket-types/{id}', 200], ['set-note', 'PUT', '/api/orders/notes/{id}', 200],
  ['delete-note', 'DELETE', '/api/orders/notes/{id}', 204], ['close-sale', 'POST', '/api/orders/sales/{id}/close', 200],
] as const)('new-operation: %s is %s %s', ([operation, method, path, status]) => {
  const route = planRoute('orders', operation)
  expect(route).toMatchObject({ method, path, status })
  expect(promise('', operation, route).includes('idempotent: true')).toBe(status === 201)
})

test('new-operation: names the operation the same way everywhere', () => {
  const files = planOperation({ service: 'orders', operation: 'close-sale' })
  const texts = typeof files === 'string' ? [] : files.map(({ text }) => text)
  expect(texts[0]).toContain('export const closeSale: Operation<typeof api.closeSale>')
  expect(texts[1]).toContain('test(\'closeSale: ')
  expect(texts[2]).toContain('export const closeSale = defineRoute({')
  expect(texts.at(-1)).toContain('    route(api.closeSale, closeSale),\n  ],')
})

test('new-operation: an event that a contract defines is found, another refused, and so is who keeps nothing', () => {
  expect(findEvent('orderCompleted')).toBe('orders')
  expect(planOperation({ service: 'users', operation: 'praise-buyers', event: 'orderPraised' })).toContain('No contract')
  expect(planOperation({ service: 'gateway', operation: 'remove-old', job: true })).toContain('keeps nothing')
  expect(planOperation({ service: 'orders', operation: 'list-orders' })).toContain('is there already')
})

test('edit-source: names join an import that is there, entries join a list', () => {
  expect(addImport('import { a } from \'./x.ts\'\n\nb\n', ['a', 'c'], './x.ts')).toBe('import { a, c } from \'./x.ts\'\n\nb\n')
  expect(addImport('import {\n  a,\n} from \'./x.ts\'\n\nb\n', ['c'], './y.ts'))
    .toBe('import {\n  a,\n} from \'./x.ts\'\nimport { c } from \'./y.ts\'\n\nb\n')
  expect(addEntry('{\n  jobs: [a(1)],\n}', 'jobs', 'b(2)')).toBe('{\n  jobs: [\n    a(1),\n    b(2),\n  ],\n}')
  expect(addEntry('{\n  routes: [\n    a,\n  ],\n}', 'jobs', 'b')).toBe('{\n  routes: [\n    a,\n  ],\n  jobs: [b],\n}')
})

test.for([
  [undefined, undefined], ['shop', 'close-sale'], ['orders', undefined], ['orders', 'closeSale'], ['orders', 'close'],
  ['orders', '../close-sale'], ['orders', 'close-sale.ts']
])('new-operation: refuses %s %s', ([service, operation]) => {
  expect(refuse(service, operation)).toBeTypeOf('string')
})

test('new-operation: accepts a verb and a noun of a service', () => {
  expect(refuse('orders', 'close-sale')).toBeUndefined()
})
