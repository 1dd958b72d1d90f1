import { expect, test } from 'vitest'
import { prefersHtml } from './accepts-html.ts'
import { html, page } from './html.ts'

test('prefersHtml: browsers get pages, programs JSON', () => {
  expect(prefersHtml('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8')).toBe(true)
  for (const accept of [undefined, '', '*/*', 'application/json', 'application/problem+json', 'text/html;q=0.5, application/json',
    'text/html;q=0', 'text/html;q=nonsense', ','.repeat(1000)]) expect(prefersHtml(accept), accept).toBe(false)
})

test('html: values are escaped, markup of our own and lists are not', () => {
  expect(html`<p title="${'"><script>'}">${['a & b', html`<b>${"it's"}</b>`, 3]}</p>`.html)
    .toBe('<p title="&quot;&gt;&lt;script&gt;">a &amp; b<b>it&#39;s</b>3</p>')
  expect(page('<Title>', html`x`)).toContain('<title>&lt;Title&gt;</title>')
})
