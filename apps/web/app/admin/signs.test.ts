import { signNames, watched, type Sign, type WatchedMetric } from '@fermata/contracts/signs'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { MemoryRouter } from 'react-router'
import { expect, test } from 'vitest'
import type { Language } from '../i18n/language.ts'
import { TranslatorProvider } from '../i18n/translator.tsx'
import { translators } from '../i18n/translators.server.ts'
import { Signs } from './signs.tsx'

const page = (language: Language, signs: Sign[], unanswered: Sign['service'][] = []) =>
  renderToStaticMarkup(createElement(TranslatorProvider, { value: translators[language] },
    createElement(MemoryRouter, null, createElement(Signs, { of: { signs, unanswered } }))))

const all = (over: number): Sign[] => signNames.map(name => {
  const { most, service = 'users' }: WatchedMetric = watched[name]
  return { name, service, most, value: most + over }
})

const count = (html: string, what: string) => html.split(what).length - 1

test('Signs: at its threshold a figure is well, above it red, in both languages', () => {
  for (const language of ['en', 'fr'] as const) {
    expect(count(page(language, all(0)), 'badge-bad')).toBe(0)
    expect(count(page(language, all(1)), 'badge-bad')).toBe(signNames.length)
  }
  expect(page('en', all(1))).toContain('Mails and events given up (users)')
  expect(page('fr', all(1))).toContain('E-mails et événements abandonnés (users)')
  expect(page('fr', all(1))).toContain('36 h')
})

test('Signs: each leads to what can be done, and who did not answer is named', () => {
  const html = page('en', all(1), ['payments'])
  for (const path of ['/admin/deliveries?status=failed', '/admin/agreement', '/admin/backups', '/api/users/doc/']) {
    expect(html).toContain(`href="${path}"`)
  }
  expect(html).toContain('Not told by: payments.')
  expect(page('en', all(0))).not.toContain('href')
  const mails: Sign = { name: 'given_up', service: 'notifications', value: 1, most: 0 }
  expect(page('en', [mails])).toContain('href="/admin/deliveries?status=dead"')
})
