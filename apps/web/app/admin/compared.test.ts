import type { ReconciliationRun } from '@fermata/contracts/reconciliation'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { TranslatorProvider } from '../i18n/translator.tsx'
import { translators } from '../i18n/translators.server.ts'
import { cameTo, Compared } from './compared.tsx'

const run = (
  mismatch_count: number | null, in_flight: number, away: boolean
): ReconciliationRun => ({
  id: '01890a5d-ac96-774b-bcce-b302099a8057', trigger: 'request', began_at: '', ended_at: null,
  status: mismatch_count === null ? 'in_progress' : 'completed', error: null, mismatch_count,
  result: mismatch_count === null ? null : { checked: [], mismatches: [], in_flight,
    unanswered: away ? [{ service: 'users', reason: 'away' }] : [] },
})
const page = (mismatch_count: number, in_flight: number) =>
  renderToStaticMarkup(createElement(TranslatorProvider, { value: translators.en },
    createElement(Compared, cameTo(run(mismatch_count, in_flight, false)))))

test('Compared: is good only when nothing is on its way', () => {
  expect(page(0, 0)).toContain('badge-good')
  expect(page(0, 2)).toMatch(/badge-warm.*2 still on their way/)
  expect(page(3, 2)).toContain('badge-bad')
})

test('cameTo: says nothing of what is not over or left a service out', () => {
  expect(cameTo(undefined)).toBe(null)
  expect(cameTo(run(null, 0, false))).toBe(null)
  expect(cameTo(run(0, 0, true))).toBe(null)
})
