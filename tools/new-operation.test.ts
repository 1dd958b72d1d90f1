import { expect, test } from 'vitest'
import { nextSteps, operationFiles, refuse } from './new-operation.ts'
import { rules } from './tidy-rules.ts'

test('new-operation: what it writes keeps the house rules', () => {
  const files = operationFiles('orders', 'close-sale')
  const broken = rules.filter(({ name }) => name !== 'service-shape').flatMap(rule => rule.find(files))
  expect(broken).toEqual([])
  expect(files.map(({ path }) => path)).toEqual([
    'services/orders/operations/close-sale.ts', 'services/orders/operations/close-sale.test.ts'
  ])
})

test('new-operation: names the operation the same way everywhere', () => {
  const [operation, check] = operationFiles('orders', 'close-sale')
  expect(operation.text).toContain('export const closeSale: Operation<typeof api.closeSale>')
  expect(check.text).toContain('test(\'closeSale: ')
  expect(nextSteps('orders', 'close-sale')).toContain('route(api.closeSale, closeSale)')
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
