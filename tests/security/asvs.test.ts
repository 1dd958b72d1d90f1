import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { threats } from './threats.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/asvs.md'), 'utf8')

/**
 * How many requirements up to level 2 each section of ASVS 5.0 has; those of level 3 between them
 * are left out. Counted in the table of 5.0.0.
 */
const sections: Record<string, number> = {
  'V1.1': 2, 'V1.2': 9, 'V1.3': 11, 'V1.4': 3, 'V1.5': 2, 'V2.1': 3, 'V2.2': 3, 'V2.3': 4,
  'V2.4': 1, 'V3.2': 2, 'V3.3': 4, 'V3.4': 6, 'V3.5': 5, 'V3.7': 2, 'V4.1': 3, 'V4.2': 1,
  'V4.3': 2, 'V4.4': 4, 'V5.1': 1, 'V5.2': 3, 'V5.3': 2, 'V5.4': 3, 'V6.1': 3, 'V6.2': 12,
  'V6.3': 4, 'V6.4': 4, 'V6.5': 5, 'V6.6': 3, 'V6.8': 4, 'V7.1': 3, 'V7.2': 4, 'V7.3': 2,
  'V7.4': 5, 'V7.5': 2, 'V7.6': 2, 'V8.1': 2, 'V8.2': 3, 'V8.3': 1, 'V8.4': 1, 'V9.1': 3,
  'V9.2': 4, 'V10.1': 2, 'V10.2': 2, 'V10.3': 4, 'V10.4': 11, 'V10.5': 5, 'V10.6': 2, 'V10.7': 3,
  'V11.1': 2, 'V11.2': 3, 'V11.3': 3, 'V11.4': 4, 'V11.5': 1, 'V11.6': 1, 'V12.1': 3, 'V12.2': 2,
  'V12.3': 4, 'V13.1': 1, 'V13.2': 5, 'V13.3': 2, 'V13.4': 5, 'V14.1': 2, 'V14.2': 4, 'V14.3': 3,
  'V15.1': 3, 'V15.2': 3, 'V15.3': 7, 'V16.1': 1, 'V16.2': 5, 'V16.3': 4, 'V16.4': 3, 'V16.5': 3,
  'V17.1': 1, 'V17.2': 4, 'V17.3': 2,
}

const rows = page.split('\n').flatMap(line => {
  const [, numbers, , answer] = /^\| (V[^|]+) \| ([^|]+) \| (.+) \|$/.exec(line) ?? []
  return numbers && answer ? [{ numbers: numbersIn(numbers), answer }] : []
})

/** `V1.1.1, V1.1.3 to V1.1.5` as four numbers. */
function numbersIn (text: string): string[] {
  return text.split(', ').flatMap(part => {
    const [, section, first, last] = /^(V\d+\.\d+)\.(\d+)(?: to \1\.(\d+))?$/.exec(part) ?? []
    expect(section, part).toBeDefined()
    return Array.from({ length: Number(last ?? first) - Number(first) + 1 },
      (_, i) => `${section}.${Number(first) + i}`)
  })
}

test('each requirement up to level 2 is answered once', () => {
  const answered = rows.flatMap(row => row.numbers)
  expect(new Set(answered).size).toBe(answered.length)
  const counted = Object.fromEntries([...Map.groupBy(answered, number =>
    number.split('.').slice(0, 2).join('.'))].map(([section, ids]) => [section, ids.length]))
  expect(counted).toEqual(sections)
  expect(answered.length).toBe(253)
})

test('each answer says how, and what it names is there', () => {
  const kinds = /^(tested|built|absent|operator|open|see)\b/
  expect(rows.filter(({ answer }) => !kinds.test(answer))).toEqual([])
  const ids = rows.flatMap(({ answer }) => answer.match(/\bS\d+\b/g) ?? [])
  expect(ids.filter(id => !(id in threats))).toEqual([])
  const tried = new Set(globSync('tests/{security,end-to-end}/*.test.ts', { cwd: root })
    .flatMap(file => readFileSync(join(root, file), 'utf8').match(/\bS\d+(?=: )/g) ?? []))
  expect(ids.filter(id => !tried.has(id))).toEqual([])
  const files = [...page.matchAll(/`([\w./-]+\/[\w./-]+)`/g)].map(([, file]) => file!)
  expect(files.filter(file => !existsSync(join(root, file)))).toEqual([])
})
