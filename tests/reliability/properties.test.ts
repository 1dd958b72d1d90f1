import { expect, test } from 'vitest'
import { properties } from './properties.ts'
import { propertyTests } from './property-tests.ts'

test('the report knows each property that a test tries', () => {
  const unknown = [...propertyTests()].flatMap(([file, ids]) =>
    ids.filter(id => !(id in properties)).map(id => `${file}: ${id}`))
  expect(unknown).toEqual([])
})
