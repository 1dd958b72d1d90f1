import type { Locale } from '@fermata/contracts/fields'
import { createElement as h, type ReactNode } from 'react'
import { headerText, type Content } from '../rules/outgoing.ts'

const ink = '#1d1b2a'
const quiet = '#5d5a70'
const accent = '#5b3fd6'
const font = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif'

/** A mail's HTML and plain text from the same content. The libraries are loaded with the first mail, not at start. */
export async function renderMail (content: Content, locale: Locale, public_url: string): Promise<{ subject: string, html: string, text: string }> {
  const [page, { render, toPlainText }] = await Promise.all([import('@react-email/components'), import('@react-email/render')])
  const { Html, Head, Body, Container, Preview, Heading, Text, Button, Section, Hr, Row, Column } = page
  const paragraph = (text: string, index: number) => h(Text, { key: index, style: { fontSize: '16px', lineHeight: '26px', color: ink, margin: '0 0 14px' } }, text)
  const fact = ([label, value]: [string, string]) => h(Row, { key: label, children: [
    h(Column, { style: { width: '110px', padding: '4px 0', fontSize: '14px', color: quiet, verticalAlign: 'top' }, key: 'label' }, label),
    h(Column, { style: { padding: '4px 0', fontSize: '15px', color: ink }, key: 'value' }, value),
  ] })
  const children: ReactNode[] = [
    h(Text, { key: 'mark', style: { fontSize: '15px', fontWeight: 700, color: accent, margin: '0 0 22px' } }, 'Fermata'),
    h(Heading, { key: 'title', as: 'h1', style: { fontSize: '25px', lineHeight: '32px', color: ink, margin: '0 0 16px' } }, content.title),
    ...content.paragraphs.map(paragraph),
    ...(content.facts.length > 0 ? [h(Section, { key: 'facts', style: { margin: '6px 0 20px' } }, content.facts.map(fact))] : []),
    ...(content.action ? [h(Button, { key: 'action', href: public_url + content.action.path,
      style: { background: accent, color: '#ffffff', padding: '13px 22px', borderRadius: '10px', fontSize: '16px', fontWeight: 600 } }, content.action.label)] : []),
    h(Hr, { key: 'line', style: { borderColor: '#e4e2ee', margin: '28px 0 14px' } }),
    h(Text, { key: 'footer', style: { fontSize: '13px', color: quiet, margin: 0 } }, content.footer),
  ]
  const tree = h(Html, { lang: locale }, h(Head, null), h(Preview, null, content.paragraphs[0] ?? content.title),
    h(Body, { style: { background: '#f4f3f9', margin: 0, padding: '24px 12px', fontFamily: font } },
      h(Container, { style: { background: '#ffffff', borderRadius: '16px', padding: '32px 28px', maxWidth: '560px' } }, children)))
  const html = await render(tree)
  return { subject: headerText(content.title), html, text: toPlainText(html) }
}
