import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { atScale, figure, idsIn, is_whole } from './proof.ts'

test('the whole run alone uses the large numbers', () => {
  expect(atScale(2, 10_000)).toBe(is_whole ? 10_000 : 2)
})

test('a title begins with what its test is about', () => {
  expect(idsIn('S1, S37: another organiser')).toEqual(['S1', 'S37'])
  expect(idsIn('R16: killed at any moment')).toEqual(['R16'])
  expect(idsIn('placeOrder: R16 stands in it')).toEqual([])
})

test('a figure is written where the report looks for it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-figures-'))
  vi.stubEnv('PROOF_FIGURES', join(folder, 'figures'))
  figure('S1', '3 of 3 refused')
  vi.unstubAllEnvs()
  expect(readFileSync(join(folder, 'figures'), 'utf8')).toBe('{"id":"S1","text":"3 of 3 refused"}\n')
  rmSync(folder, { recursive: true })
})
