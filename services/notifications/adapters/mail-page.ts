import type { Locale } from '@fermata/contracts/fields'
import { createElement as h, type CSSProperties, type ReactNode } from 'react'
import type { Content } from '../rules/outgoing.ts'
import { translator } from './catalogue.ts'

/** What stands in a mail besides its words. */
export interface MailFrame {
  locale: Locale
  /** The address of this site; nothing in a mail leads anywhere else. */
  public_url: string
  /** Where the button leads, with its token; null without one. */
  action_url: string | null
  /** The further ways, with their tokens. */
  links: { label: string, url: string }[]
}

/** The web app's colours by day. */
const color = {
  paper: '#f3f4f8', surface: '#ffffff', sunken: '#f3f4f8', ink: '#14182a', soft: '#4a5168',
  line: '#d5d9e4', action: '#1a2145', brass: '#eeb02b',
}
const fontFamily = '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Helvetica, Arial, sans-serif'
/** A long name or address must not widen the mail beyond a phone. */
const breaking: CSSProperties = { overflowWrap: 'anywhere', wordBreak: 'break-word' }

const style = {
  body: { background: color.paper, margin: 0, padding: '0', fontFamily },
  frame: { maxWidth: '600px', margin: '0 auto', padding: '28px 12px' },
  mark: { fontSize: '17px', lineHeight: '24px', fontWeight: 700, color: color.ink, margin: 0,
    padding: '0 12px 16px', letterSpacing: '-0.01em' },
  card: { background: color.surface, border: `1px solid ${color.line}`, borderRadius: '16px' },
  // Above the title, like the sign over a note.
  rule: { borderTop: `4px solid ${color.brass}`, width: '44px', fontSize: '1px', lineHeight: '1px' },
  title: { fontSize: '26px', lineHeight: '33px', fontWeight: 700, color: color.ink,
    letterSpacing: '-0.015em', margin: '14px 0 16px', ...breaking },
  paragraph: { fontSize: '16px', lineHeight: '26px', color: color.ink, margin: '0 0 14px', ...breaking },
  facts: { background: color.sunken, borderRadius: '12px', margin: '8px 0 4px' },
  label: { fontSize: '13px', lineHeight: '18px', color: color.soft, padding: '0' },
  value: { fontSize: '16px', lineHeight: '24px', color: color.ink, fontWeight: 600,
    padding: '1px 0 0', ...breaking },
  button: { background: color.action, color: '#ffffff', padding: '14px 26px', borderRadius: '999px',
    fontSize: '16px', lineHeight: '20px', fontWeight: 600, textDecoration: 'none',
    margin: '12px 0 0' },
  link: { fontSize: '13px', lineHeight: '20px', color: color.soft, margin: '18px 0 0', ...breaking },
  footer: { fontSize: '13px', lineHeight: '20px', color: color.soft, margin: 0, padding: '18px 12px 0' },
} satisfies Record<string, CSSProperties>

/** Loaded with the first mail: half a second that a start need not wait for. */
const loadLibraries = async () => {
  const [page, { render }] = await Promise.all(
    [import('@react-email/components'), import('@react-email/render')])
  return { page, render }
}

/** A mail's HTML: tables and inline styles, because mail readers know little else. */
export async function renderMail (content: Content, frame: MailFrame): Promise<string> {
  const { page: { Html, Head, Body, Container, Preview, Section, Text }, render } =
    await loadLibraries()
  const tree = h(Html, { lang: frame.locale },
    h(Head, null,
      h('meta', { name: 'color-scheme', content: 'light' }),
      h('meta', { name: 'supported-color-schemes', content: 'light' }),
      h('title', null, content.title)),
    h(Preview, null, content.paragraphs[0] ?? content.title),
    h(Body, { style: style.body },
      h(Container, { style: style.frame },
        h(Text, { style: style.mark }, 'Fermata'),
        h(Section, { style: style.card }, await card(content, frame)),
        h(Text, { style: style.footer }, content.footer, h('br'),
          h('a', { href: frame.public_url, style: { color: color.soft } },
            new URL(frame.public_url).host)))))
  return render(tree)
}

async function card (content: Content, frame: MailFrame): Promise<ReactNode> {
  const { page: { Heading, Text, Button } } = await loadLibraries()
  return cell({ padding: '30px 28px 32px' },
    h('div', { style: style.rule }, '\u00a0'),
    h(Heading, { as: 'h1', style: style.title }, ...lines(content.title)),
    ...content.paragraphs.map((text, index) =>
      h(Text, { key: index, style: style.paragraph }, ...lines(text))),
    ...frame.links.map(({ label, url }) => h(Text, { key: url, style: style.paragraph },
      h('a', { href: url, style: { color: color.ink } }, label))),
    content.facts.length > 0 ? factTable(content.facts) : null,
    content.action && frame.action_url
      ? h(Button, { href: frame.action_url, style: style.button }, content.action.label)
      : null,
    frame.action_url
      ? h(Text, { style: style.link }, translator(frame.locale)('link'), h('br'),
        h('a', { href: frame.action_url, style: { color: color.soft } }, frame.action_url))
      : null)
}

/** Label above value: reads the same at every width. */
function factTable (facts: Content['facts']): ReactNode {
  const rows = facts.flatMap(([label, value], index) => [
    h('tr', { key: `${index} label` }, h('td', { style: {
      ...style.label, padding: index === 0 ? '16px 18px 0' : '12px 18px 0' } }, label)),
    h('tr', { key: `${index} value` }, h('td', { style: {
      ...style.value, padding: index === facts.length - 1 ? '1px 18px 16px' : '1px 18px 0' } },
    ...lines(value))),
  ])
  return h('table', { role: 'presentation', width: '100%', cellPadding: 0, cellSpacing: 0,
    border: 0, style: { ...style.facts, borderCollapse: 'separate' } }, h('tbody', null, rows))
}

const cell = (css: CSSProperties, ...children: ReactNode[]) =>
  h('tr', null, h('td', { style: css }, ...children))

/** Text with its line breaks. */
const lines = (text: string): ReactNode[] => text.split(/\r\n|[\r\n]/).flatMap((line, index) =>
  index === 0 ? [line] : [h('br', { key: index }), line])

/** The mail for those who read plain text. */
export function writeMail (content: Content, { public_url, action_url, links }: MailFrame): string {
  const parts = [
    content.title, ...content.paragraphs, ...links.map(({ label, url }) => `${label}:\n${url}`),
    content.facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    content.action && action_url ? `${content.action.label}:\n${action_url}` : '',
    `-- \n${content.footer}\n${public_url}`,
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

/** A message for a phone: what matters first, because it is cut off. */
export function writeSms (content: Content, { action_url }: MailFrame): string {
  return [content.title, content.paragraphs[0], action_url].filter(Boolean).join('\n')
}

/** A text alone as a page of the development mailbox. */
export async function renderText (text: string, locale: Locale): Promise<string> {
  const { render } = await loadLibraries()
  return render(h('html', { lang: locale }, h('body', { style: {
    fontFamily, fontSize: '16px', lineHeight: '24px', color: color.ink, padding: '16px', ...breaking,
  } }, h('p', null, ...lines(text)))))
}
