import { eventCanceled } from '@fermata/contracts/events'
import {
  getOrderCalendar, getOrderPdf, getTicketCalendar, getTicketPdf, getTicketQr, listTickets,
  voidTicket, type Ticket,
} from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { drawSvg, inGrey, readPdf, readQrCodes } from '../test/read-pdf.ts'
import { completedOrder, event, inHours, issue, issueOne, publisher } from '../test/seed.ts'

// get-ticket-pdf, get-ticket-qr, get-ticket-calendar, get-order-pdf and get-order-calendar.

let it: TestSystem
let operator: string

beforeAll(async () => {
  it = await startTestSystem([service], { PUBLIC_URL: 'https://tickets.example.org' })
  operator = await it.personToken({ roles: ['operator'] })
})
afterAll(() => it.stop())

const evening = (overrides = {}) => event({
  title: 'Łódź İstanbul Ελλάδα €', organizer_name: 'Town choir', timezone: 'Europe/Paris',
  starts_at: '2027-07-03T18:00:00.000Z', ends_at: '2027-07-03T20:30:00.000Z', ...overrides })

const pdfOf = (ticket: Ticket, query: { locale?: 'en' | 'fr' } = {}) =>
  it.send(getTicketPdf, { params: { id: ticket.id }, query, token: it.orderToken(ticket.order_id) })

test('getTicketPdf: the QR on the page is the ticket\'s code, in colour and in grey, and larger than 45 mm', async () => {
  const ticket = await issueOne(it, { event: evening() })

  const answer = await pdfOf(ticket)

  expect(answer.status).toBe(200)
  expect(answer.headers).toMatchObject({ 'content-type': 'application/pdf', 'cache-control': 'no-store',
    'content-disposition': `inline; filename="${ticket.number}.pdf"` })
  const pages = await readPdf(answer.bytes)
  expect(pages).toHaveLength(1)
  expect([Math.round(pages[0]!.width_pt), Math.round(pages[0]!.height_pt)]).toEqual([595, 842])
  const codes = await readQrCodes(pages[0]!.picture)
  expect(codes.map(code => code.text)).toEqual([ticket.code])
  expect(codes[0]!.width_px / 144 * 25.4).toBeGreaterThan(45)
  expect(
    (await readQrCodes(inGrey(pages[0]!.picture))).map(code => code.text)
  ).toEqual([ticket.code])
})

test('getTicketPdf: says all that a holder must know, in letters of every European script', async () => {
  const ticket = await issueOne(it, {
    event: evening(), buyer: { name: 'Zoë Łukasiewicz Ελένη', email: 'z@example.com', locale: 'en' },
  })
  const [page] = await readPdf((await pdfOf(ticket)).bytes)
  for (const text of ['Łódź İstanbul Ελλάδα €', 'Zoë Łukasiewicz Ελένη', 'Saturday, 3 July 2027', '20:00 – 22:30', 'Europe/Paris',
    'Great Hall', '1 Square', 'Lyon, France', 'Adult', '€12.50', ticket.number, ticket.order_code, 'Town choir', 'ADMITS ONE']) {
    expect(page!.text).toContain(text)
  }
  expect(page!.text.replace(/ /g, '')).toContain(ticket.code)
})

test('getTicketPdf: speaks the holder\'s language, or the one asked for', async () => {
  const ticket = await issueOne(it, {
    event: evening(), buyer: { name: 'Anne', email: 'a@example.com', locale: 'fr' },
  })
  const text = async (query: { locale?: 'en' | 'fr' }) =>
    (await readPdf((await pdfOf(ticket, query)).bytes))[0]!.text
  expect(await text({})).toContain('Samedi 3 juillet 2027')
  expect(await text({})).toMatch(/12,50\s€/)
  expect(await text({ locale: 'en' })).toContain('Saturday, 3 July 2027')
  expect((await pdfOf(ticket, { locale: 'de' as never })).status).toBe(400)
})

test('getTicketPdf: texts of any length and kind leave a page with a readable code', async () => {
  const long = 'Ein sehr langer Titel ohne Ende '.repeat(6).slice(0, 200)
  const ticket = await issueOne(it, {
    event: evening({
      title: long, organizer_name: 'W'.repeat(200),
      venue: { name: long, address: `${long}${long}`.slice(0, 300), city: 'B'.repeat(120), country: 'QX' },
    }),
    buyer: { name: '<script>alert(1)</script> (){}\\'.padEnd(120, 'M'), email: 'm@example.com', locale: 'en' },
    items: [{
      ticket_type_id: uuidv7(), name: 'N'.repeat(120), quantity: 1,
      unit_price_minor: 1_000_000_000_000,
    }], currency: 'KWD',
  })
  const pages = await readPdf((await pdfOf(ticket)).bytes)
  expect(pages).toHaveLength(1)
  expect((await readQrCodes(pages[0]!.picture)).map(code => code.text)).toEqual([ticket.code])
})

test('getTicketPdf: a ticket of a canceled event says so', async () => {
  const facts = evening()
  const ticket = await issueOne(it, { event: facts })
  await publisher(it.context<Ctx>('tickets'))(eventCanceled, [{
    event: { ...facts, status: 'canceled', version: 2 }, canceled_at: inHours(0), reason: null,
  }])
  await it.eventually(
    async () => (
      await it.send(listTickets, { token: it.orderToken(ticket.order_id) })
    ).body.items[0]!.event.status === 'canceled'
  )
  expect((await readPdf((await pdfOf(ticket)).bytes))[0]!.text).toContain('This event was canceled')
})

test('getTicketQr: the code reads from light and dark pages', async () => {
  const ticket = await issueOne(it)
  const answer = await it.send(getTicketQr, {
    params: { id: ticket.id }, token: it.orderToken(ticket.order_id),
  })
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toBe('image/svg+xml')
  expect(answer.bytes.toString().match(/<path/g)).toHaveLength(2)
  for (const background of ['#ffffff', '#000000']) {
    const codes = await readQrCodes(await drawSvg(answer.bytes, 360, background))
    expect(codes.map(code => code.text)).toEqual([ticket.code])
  }
})

test('getTicketCalendar: the event at its own clock, with its zone', async () => {
  const ticket = await issueOne(it, { event: evening({ title: 'Été, part 1; encore\r\nBEGIN:VALARM', slug: 'ete' }) })
  const answer = await it.send(getTicketCalendar, {
    params: { id: ticket.id }, token: it.orderToken(ticket.order_id),
  })
  expect(answer.headers).toMatchObject({ 'content-disposition': 'attachment; filename="ete.ics"' })
  expect(String(answer.headers['content-type'])).toMatch(/^text\/calendar/)
  const text = answer.bytes.toString()
  const lines = text.replace(/\r\n /g, '').split('\r\n')
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  expect(Math.max(...text.split('\r\n').map(line => Buffer.byteLength(line)))).toBeLessThanOrEqual(75)
  for (const line of [
    'BEGIN:VCALENDAR', 'TZID:Europe/Paris', 'DTSTART;TZID=Europe/Paris:20270703T200000', 'DTEND;TZID=Europe/Paris:20270703T223000',
    'SUMMARY:Été\\, part 1\\; encore BEGIN:VALARM', 'LOCATION:Great Hall\\, 1 Square\\, Lyon\\, FR', 'STATUS:CONFIRMED',
    `UID:order-${ticket.order_id}@tickets.example.org`, 'URL;VALUE=URI:https://tickets.example.org/events/ete', 'END:VCALENDAR',
  ]) expect(lines).toContain(line)
  expect(lines.some(line => /^DTSTAMP:\d{8}T\d{6}Z$/.test(line))).toBe(true)
  expect(lines.filter(line => line === 'BEGIN:VTIMEZONE')).toHaveLength(1)
  expect(text).not.toContain(ticket.code)
  // A guest's order opens by the mail's link alone, which no calendar may hold.
  expect(lines.find(line => line.startsWith('DESCRIPTION:'))).toMatch(/link in the order's mail/)
})

test('getTicketCalendar: whoever has an account is led to the order', async () => {
  const user_id = uuidv7()
  const ticket = await issueOne(it, { user_id })
  const answer = await it.send(getTicketCalendar, {
    params: { id: ticket.id }, token: await it.personToken({ user_id }) })
  expect(answer.bytes.toString().replaceAll('\r\n ', '')).toContain(`/orders/${ticket.order_id}`)
})

test('getTicketCalendar: in an hour that clocks show twice, the moments are told in UTC', async () => {
  const ticket = await issueOne(it, { event: evening({ timezone: 'America/New_York',
    starts_at: '2027-11-07T05:30:00.000Z', ends_at: '2027-11-07T06:15:00.000Z' }) })
  const answer = await it.send(getTicketCalendar, {
    params: { id: ticket.id }, token: it.orderToken(ticket.order_id),
  })
  const lines = answer.bytes.toString().split('\r\n')
  expect(lines).toContain('DTSTART:20271107T053000Z')
  expect(lines).toContain('DTEND:20271107T061500Z')
  expect(lines).not.toContain('BEGIN:VTIMEZONE')
})

test('getTicketPdf, getTicketQr: a void ticket has neither page nor code', async () => {
  const ticket = await issueOne(it)
  await it.send(voidTicket, { params: { id: ticket.id }, token: operator, body: {} })
  for (const route of [getTicketPdf, getTicketQr]) {
    expect(
      await it.send(route, { params: { id: ticket.id }, token: operator })
    ).toMatchObject({ status: 409, problem: { type: '/problems/tickets/void' } })
  }
  expect(
    (await it.send(getTicketCalendar, { params: { id: ticket.id }, token: operator })).status
  ).toBe(200)
})

test('getTicketPdf, getTicketQr, getTicketCalendar: who has no business with a ticket finds nothing', async () => {
  const user_id = uuidv7()
  const ticket = await issueOne(it, { user_id })
  for (const route of [getTicketPdf, getTicketQr, getTicketCalendar]) {
    const ask = async (token?: string) =>
      (await it.send(route, { params: { id: ticket.id }, token })).status
    expect(await ask(await it.personToken({ user_id }))).toBe(200)
    expect(await ask(operator)).toBe(200)
    expect(await ask(await it.personToken())).toBe(404)
    expect(await ask(it.orderToken(uuidv7()))).toBe(404)
    expect(await ask()).toBe(401)
  }
})

test('getOrderPdf: a page for each valid ticket of the order, as another service receives it', async () => {
  const order = completedOrder({
    event: evening(),
    items: [{ ticket_type_id: uuidv7(), name: 'Adult', quantity: 3, unit_price_minor: 0 }],
  })
  const tickets = (await issue(it, [order]))[0]!
  await it.send(voidTicket, { params: { id: tickets[1]!.id }, token: operator, body: {} })

  const { bytes } = await it.send(getOrderPdf, {
    params: { order_id: order.order_id },
    token: await it.serviceToken('tickets', 'notifications'),
  })

  const pages = await readPdf(bytes)
  const codes = await Promise.all(
    pages.map(async page => (await readQrCodes(page.picture))[0]?.text)
  )
  expect(codes).toEqual([tickets[0]!.code, tickets[2]!.code])
  expect(pages[0]!.text).toContain('1 of 2')
  expect(pages[1]!.text).toContain('2 of 2')
  expect(pages[0]!.text).toContain('Free')
})

test('getOrderCalendar: one entry for an order, the same that its tickets give', async () => {
  const ticket = await issueOne(it)
  const token = await it.serviceToken('tickets', 'notifications')
  const ofOrder = await it.send(getOrderCalendar, { params: { order_id: ticket.order_id }, token })
  const ofTicket = await it.send(getTicketCalendar, { params: { id: ticket.id }, token: operator })
  const withoutStamp = (text: Buffer) => text.toString().replace(/DTSTAMP:.*/, '')
  expect(ofOrder.status).toBe(200)
  expect(withoutStamp(ofOrder.bytes)).toBe(withoutStamp(ofTicket.bytes))
})

test('getOrderPdf, getOrderCalendar: for services only, and only for orders with tickets', async () => {
  const ticket = await issueOne(it)
  for (const route of [getOrderPdf, getOrderCalendar]) {
    const ask = async (token: string | undefined, order_id = ticket.order_id) =>
      (await it.send(route, { params: { order_id }, token })).status
    expect(await ask(undefined)).toBe(401)
    expect(await ask(operator)).toBe(401)
    expect(await ask(it.orderToken(ticket.order_id))).toBe(401)
    expect(await ask(await it.serviceToken('orders', 'notifications'))).toBe(401)
    expect(await ask(await it.serviceToken('tickets', 'notifications'), uuidv7())).toBe(404)
  }
  await it.send(voidTicket, { params: { id: ticket.id }, token: operator, body: {} })
  expect(
    (
      await it.send(getOrderPdf, {
        params: { order_id: ticket.order_id }, token: await it.serviceToken('tickets', 'notifications'),
      })
    ).status
  ).toBe(404)
})
