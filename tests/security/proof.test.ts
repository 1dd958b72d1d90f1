import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { atScale, figure, is_whole } from './proof.ts'
import { threats } from './threats.ts'

const files = readdirSync(import.meta.dirname).filter(name => /^s\d+-.*\.test\.ts$/.test(name))

test('the whole run alone uses the large numbers', () => {
  expect(atScale(2, 10_000)).toBe(is_whole ? 10_000 : 2)
})

test('a figure is written where the report looks for it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-figures-'))
  vi.stubEnv('SECURITY_FIGURES', join(folder, 'figures'))
  figure('S1', '3 of 3 refused')
  vi.unstubAllEnvs()
  expect(readFileSync(join(folder, 'figures'), 'utf8')).toBe('{"threat":"S1","text":"3 of 3 refused"}\n')
  rmSync(folder, { recursive: true })
})

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
