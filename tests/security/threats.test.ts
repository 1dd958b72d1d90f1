import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { threats } from './threats.ts'

const files = readdirSync(import.meta.dirname).filter(name => /^s\d+-.*\.test\.ts$/.test(name))

test('the report knows each threat that has a test', () => {
  const unknown = files.filter(name => !(`S${Number(/\d+/.exec(name)![0])}` in threats))
  expect(unknown).toEqual([])
})

test('a test of a threat says which one it is', () => {
  const nameless = files.filter(name => {
    const id = `S${Number(/\d+/.exec(name)![0])}:`
    return !readFileSync(join(import.meta.dirname, name), 'utf8').includes(id)
  })
  expect(nameless).toEqual([])
})
