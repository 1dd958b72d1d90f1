import * as events from '@fermata/contracts/events'
import * as notifications from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import * as tickets from '@fermata/contracts/tickets'
import { startMailServer, type MailServer } from '@fermata/testkit/mail-server'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'
import type { Email } from 'postal-mime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure, is_whole } from '../proofs/proof.ts'

/**
 * Texts that would be headers, markup, templates or properties, in every field that ends in a mail,
 * a calendar entry or a PDF. Each of these has the structure that it has with "Ann".
 */

const own = 'https://tickets.example.org'
let it: TestSystem
let mail_server: MailServer
let owner: string
let admin: string

beforeAll(async () => {
  mail_server = await startMailServer(() => undefined)
  it = await startTestSystem(Object.values(allServices), {
    PUBLIC_URL: own, MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String(mail_server.port),
    MAIL_FROM: 'Hall <tickets@example.org>',
  })
  owner = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  admin = await it.personToken({ roles: ['admin'] })
}, 60_000)
afterAll(async () => {
  await it?.stop()
  await mail_server?.stop()
})

const corpus = [
  'Ann\r\nBcc: victim@example.com', 'Ann\r\n\r\n<p>Another body</p>', 'Ann\nhttps://shop.example/win',
  'Ann\n-- \nhttps://shop.example', '<script>alert(1)</script>', '"><img src=https://shop.example/x>',
  '<a href="https://shop.example">Ann</a>', '</h1></td></table><style>*{display:none}</style>',
  '{{code}} {{event}} $t(reset.title) {{{x}}} ${name} $& $1 <%= 1 %> #{7*7}', '=?utf-8?q?Bcc:_x?=',
  'Ann, Ben <ben@example.com>; Eve:', '\u202eelpmaxe.pohs\u202c Ann \u2066x', 'שלום עולם',
  'A;B,C\\n\\;D\\', 'END:VEVENT\nBEGIN:VALARM\nTRIGGER:-PT1M', `${'é'.repeat(74)};${'日'.repeat(40)}`,
  'X:Y;Z=W:https://shop.example', '=HYPERLINK("https://shop.example")', '@SUM(1+1)*cmd|x', '(Ann) Tj /URI <<>>',
  'Ann\u2028Bcc: x\u2029y', '--=_boundary\nContent-Type: text/html',
]

/** Of each kind one: headers, lines, markup, templates, directions, properties. */
const slice = [0, 2, 5, 8, 11, 14]
const tried = is_whole ? corpus : corpus.filter((_text, index) => slice.includes(index))

interface Schema {
  pattern?: string, maxLength?: number
  properties?: Record<string, Schema>, anyOf?: Schema[]
}

/** The text, or what a person could type of it where the field takes less. */
function typed (body: unknown, path: string, text: string): string {
  let schema = body as Schema
  for (const name of path.split('.')) schema = schema.properties![name]!
  const { pattern, maxLength = 1000 } = schema.anyOf?.[0] ?? schema
  const short = text.slice(0, maxLength)
  return !pattern || new RegExp(pattern, 'u').test(short) ? short : short.replace(/\p{Cc}+/gu, ' ')
}

const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

async function must<B> (answer: Promise<{ status: number, body: B, bytes: Buffer }>): Promise<B> {
  const { status, body, bytes } = await answer
  if (status >= 300) throw new Error(`${status} ${bytes.toString()}`)
  return body
}

/** An event on sale with the text in each of its fields. */
async function putOnSale (text: string) {
  const { body: of_event } = events.createEvent
  const { id: organizer_id } = await must(it.send(events.createOrganizer, { token: owner,
    body: { name: typed(events.createOrganizer.body, 'name', text) } }))
  const written = (field: string) => typed(of_event, field, text)
  const { id: event_id } = await must(it.send(events.createEvent, { token: owner, body: {
    organizer_id, title: written('title'), description: written('description'), category: 'music',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.1),
    venue: { name: written('venue.name'), address: written('venue.address'),
      city: written('venue.city'), country: 'FR' },
  } }))
  const type = await must(it.send(orders.createTicketType, { token: owner, body: {
    event_id, name: typed(orders.createTicketType.body, 'name', text), price_minor: 1500,
    currency: 'EUR', capacity: 20, description: typed(orders.createTicketType.body, 'description', text),
  } }))
  await must(it.send(events.publishEvent, { token: owner, params: { id: event_id } }))
  await it.eventually(async () => (await it.send(orders.listTicketTypes, { query: { event_id } }))
    .body.items[0]?.on_sale === 'open', 'the sale')
  return { event_id, type }
}

/** Everything that a buyer is mailed, in the words of whoever wrote the text. */
async function writeEverywhere (text: string) {
  const email = `${uuidv7()}@example.com`
  const { event_id, type } = await putOnSale(text)
  const order = await must(it.send(orders.placeOrder, { body: {
    event_id, items: [{ ticket_type_id: type.id, quantity: 2 }],
    buyer: { name: typed(orders.placeOrder.body, 'buyer.name', text), email, locale: 'en' } } }))
  const token = order.access_token
  const payment = await must(it.send(payments.startPayment, { token,
    body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }))
  const bought = await it.eventually(async () => {
    const { items } = await must(it.send(tickets.listTickets,
      { token, query: { order_id: order.id } }))
    return items.length === 2 && items
  }, 'the tickets')
  const [first] = await mailsOf(email, 1)
  const [pdf] = first!.attachments.map(contentOf)
  // The entry of a mail has lost its line ends by being read as text.
  const ics = (await it.send(tickets.getTicketCalendar,
    { params: { id: bought[0]!.id }, token })).bytes.toString()
  await must(it.send(tickets.resendTicket, { token: owner, params: { id: bought[0]!.id } }))
  await must(it.send(tickets.voidTicket, { token: owner, params: { id: bought[1]!.id },
    body: { reason: typed(tickets.voidTicket.body, 'reason', text) } }))
  const why = typed(payments.refundPayment.body, 'reason', text).replace(/\n+/g, '\n')
  await must(it.send(payments.refundPayment, { token: admin, params: { id: payment.id },
    key: uuidv7(), body: { amount_minor: 100, reason: why } }))
  await must(it.send(events.updateEvent, { token: owner, params: { id: event_id },
    body: { venue: { name: `New ${text}`.slice(0, 200).replace(/[^\P{Cc}\n]/gu, ' '),
      address: '2 Square', city: 'Lyon', country: 'FR' } } }))
  await must(it.send(notifications.sendNotification, { token: admin, body: { email,
    title: typed(notifications.sendNotification.body, 'title', text),
    body: typed(notifications.sendNotification.body, 'body', text).replace(/[\r\n]+/g, '\n') } }))
  await mailsOf(email, 6)
  await must(it.send(events.cancelEvent, { token: owner, params: { id: event_id },
    body: { reason: typed(events.cancelEvent.body, 'reason', text) } }))
  // The cancelation, and the refund that follows it.
  return { email, mails: await mailsOf(email, 8), first: first!, files: { pdf: pdf!, ics } }
}

const contentOf = ({ content }: Email['attachments'][0]) =>
  typeof content === 'string' ? Buffer.from(content) : Buffer.from(content as ArrayBuffer)

const mailsOf = (email: string, count: number) => it.eventually(async () => {
  const mails = mail_server.mails.filter(mail => mail.to?.[0]?.address === email)
  return Promise.resolve(mails.length >= count && mails)
}, `${count} mails to one address`)

/** Tags in their order; a line break within a text is no structure. */
/** What fills the line beside a short first sentence in lists of mails. */
const filler = /<div>[\s\u00a0\u200b-\u200f\ufeff]*<\/div>/gu

const tagsOf = (html = '') => [...html.replaceAll(filler, '').matchAll(/<(\/?[a-z][a-z0-9]*)/gi)]
  .map(match => match[1]!.toLowerCase()).filter(tag => tag !== 'br')

const structureOf = (mail: Email) => JSON.stringify({
  headers: mail.headers.map(header => header.key), to: mail.to?.length, cc: mail.cc, bcc: mail.bcc,
  from: mail.from?.address, tags: tagsOf(mail.html),
  parts: mail.attachments.map(one => [one.filename, one.mimeType, one.disposition]),
})

const sourceOf = (mail: Email) =>
  mail_server.sources.find(source => source.includes(mail.messageId!))!

/** The types of a mail's parts, each in its container, as RFC 2046 finds them by their boundaries. */
function partsOf (source: string): string {
  const [, head = '', body = ''] = /^([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(source) ?? []
  const unfolded = head.replaceAll(/\r\n[ \t]+/g, ' ')
  const names = [...unfolded.matchAll(/^([A-Za-z-]+):/gm)].map(match => match[1]!.toLowerCase())
  const type = /^Content-Type: ([^;\r\n]+)/im.exec(unfolded)?.[1] ?? ''
  const boundary = /^Content-Type:.*boundary="([^"]+)"/im.exec(unfolded)?.[1]
  if (boundary === undefined) return `${type} ${names.join()}`
  const inside = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1)
  return `${type} ${names.join()} (${inside.map(part => partsOf(part.slice(2))).join('; ')})`
}

/** Properties with the names of their parameters, as RFC 5545 has them unfolded. */
const propertiesOf = (ics: string) => ics.replaceAll(/\r\n[ \t]/g, '').split('\r\n')
  .map(line => /^(?:BEGIN|END):/.test(line) ? line : /^[A-Z-]+(?:;[A-Z-]+=[^:;]*)*/.exec(line)?.[0] ?? line)

const valueOf = (ics: string, name: string) =>
  new RegExp(`^${name}:(.*)$`, 'm').exec(ics.replaceAll(/\r\n[ \t]/g, ''))?.[1]?.trimEnd()

async function pdfOf (bytes: Buffer) {
  const data = Uint8Array.from(bytes)
  const document = await getDocument({ data, verbosity: 0, disableFontFace: true }).promise
  const annotations = []
  for (let number = 1; number <= document.numPages; number++) {
    annotations.push(...await (await document.getPage(number)).getAnnotations())
  }
  const info = Object.keys((await document.getMetadata()).info).toSorted()
  const found = { pages: document.numPages, annotations, info,
    scripts: await document.getJSActions(), attachments: await document.getAttachments() }
  await document.loadingTask.destroy()
  return found
}

/** Links that a reader of HTML follows, and lines of the text that are nothing but a link. */
function linksOf (mail: Email): string[] {
  const attributes = [...mail.html!.matchAll(/\b(?:href|src|action|background)="([^"]*)"/gi)].map(match => match[1]!)
  const lines = mail.text!.split(/\r?\n/).filter(line => /^\s*https?:\/\/\S+\s*$/.test(line))
  return [...attributes, ...lines.map(line => line.trim())]
}

let plain: Awaited<ReturnType<typeof writeEverywhere>>
let links = 0

test('S14: with "Ann" everywhere there are the mails, the calendar entry and the PDF to compare with', async () => {
  plain = await writeEverywhere('Ann')
  expect(plain.mails).toHaveLength(8)
  expect(plain.first.attachments).toHaveLength(2)
  expect(propertiesOf(plain.files.ics)).toContain('BEGIN:VEVENT')
  expect((await pdfOf(plain.files.pdf)).pages).toBe(2)
  // The control: each comparison sees what it is there for.
  expect(structureOf({ ...plain.first, html: `${plain.first.html}<p>` })).not.toBe(structureOf(plain.first))
  expect(propertiesOf(`${plain.files.ics}ATTENDEE:x\r\n`)).not.toEqual(propertiesOf(plain.files.ics))
  expect(linksOf({ ...plain.first, text: 'https://shop.example\n' })).toContain('https://shop.example')
}, 60_000)

test.for(tried)('S14: %j changes the structure of no mail, calendar entry or PDF', { timeout: 120_000 }, async text => {
  const evil = await writeEverywhere(text)
  const sorted = (mails: Email[]) => mails.map(structureOf).toSorted()
  expect(sorted(evil.mails)).toEqual(sorted(plain.mails))
  const parts = (mails: Email[]) => mails.map(mail => partsOf(sourceOf(mail))).toSorted()
  expect(parts(evil.mails)).toEqual(parts(plain.mails))
  for (const mail of evil.mails) {
    expect(mail.subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    const all = linksOf(mail)
    const foreign = all.filter(link => new URL(link).origin !== own)
    // A line of its own may stand in what an administrator or organiser writes as free text.
    const is_free_text = /^(Refund for|About|Ann)/.test(mail.subject!) || mail.subject!.startsWith(text.slice(0, 3))
    if (!is_free_text) {
      expect([mail.subject, foreign]).toEqual([mail.subject, []])
      links += all.length
    }
  }
  expect(propertiesOf(evil.files.ics)).toEqual(propertiesOf(plain.files.ics))
  expect(evil.files.ics.split('\r\n').filter(line => Buffer.byteLength(line) > 75)).toEqual([])
  expect(evil.files.ics.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  expect(new URL(valueOf(evil.files.ics, 'URL(?:;VALUE=URI)?')!).origin).toBe(own)
  expect(await pdfOf(evil.files.pdf)).toEqual(await pdfOf(plain.files.pdf))
})

test('S14: figures', () => {
  expect(links).toBeGreaterThan(tried.length * 8)
  const { length } = tried
  figure('S14', `${length} texts in every field that ends in a mail, a calendar entry or a PDF: ` +
    `${length * 8} mails, ${length} calendar entries and as many PDFs had the structure that ` +
    `they have with "Ann"; their ${links} links led to this site`)
})
