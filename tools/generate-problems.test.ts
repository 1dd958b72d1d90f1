import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineProblem } from '@fermata/contracts/define'
import { expect, test } from 'vitest'
import { distinct, problemsPage, readProblems } from './generate-problems.ts'
import { root } from './sources.ts'

const problems = await readProblems()
const page = readFileSync(join(root, 'docs/problems.md'), 'utf8')

test('problems.md: lists every problem of the contracts and no other', () => {
  const listed = [...page.matchAll(/`(\/problems\/[^`]+)`/g)].map(([, type]) => type)
  expect(new Set(listed), 'node tools/generate-problems.ts').toEqual(new Set(problems.map(({ type }) => type)))
  expect(listed).toHaveLength(problems.length)
  expect(problems.length).toBeGreaterThan(10)
})

test('problems.md: is what the generator writes', () => {
  expect(page, 'node tools/generate-problems.ts').toBe(problemsPage(problems))
})

test('problems: two that share a type are refused', () => {
  const soldOut = defineProblem('orders/sold-out', 409, 'Sold out')
  expect(distinct([soldOut, soldOut])).toEqual([soldOut])
  expect(() => distinct([soldOut, defineProblem('orders/sold-out', 410, 'Gone')])).toThrow('declared twice')
})
