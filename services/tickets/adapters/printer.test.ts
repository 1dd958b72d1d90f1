import { uuidv7 } from '@fermata/platform/ids'
import { expect, test } from 'vitest'
import { event } from '../test/seed.ts'
import { createPrinter } from './printer.ts'
import type { PrintedTicket } from './ticket-pdf.ts'

const ticket = (overrides: Partial<PrintedTicket> = {}): PrintedTicket => ({
  number: 'WINTER-000001', code: '0'.repeat(144), ticket_type_name: 'Adult', holder_name: 'Ann Example',
  price_minor: 1250, currency: 'EUR', order_code: 'FR7K2M9Q', event: event({ id: uuidv7() }),
  issued_at: '2027-01-01T00:00:00.000Z', ...overrides,
})

const beginning = (pdf: Uint8Array) => Buffer.from(pdf.subarray(0, 5)).toString()

test('print: the process goes on while pages are drawn', async () => {
  const printer = createPrinter()
  await printer.print([ticket()], 'en')
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const pdf = await printer.print(Array.from({ length: 40 }, () => ticket()), 'en')
  clearInterval(timer)
  await printer.stop()
  expect(beginning(pdf)).toBe('%PDF-')
  expect(turns).toBeGreaterThan(5)
})

test('print: a job that fails fails alone', async () => {
  const printer = createPrinter()
  const results = await Promise.allSettled([
    printer.print([ticket()], 'en'),
    printer.print([ticket({ currency: 'XXX' })], 'en'),
    printer.print([ticket()], 'fr'),
  ])
  await printer.stop()
  expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('print: stopping ends what waits, and the next job starts anew', async () => {
  const printer = createPrinter()
  const waiting = printer.print([ticket()], 'en').catch((error: Error) => error.message)
  await printer.stop()
  expect(await waiting).toBe('The printing thread has ended')
  expect(beginning(await printer.print([ticket()], 'en'))).toBe('%PDF-')
  await printer.stop()
})

test('print: refuses more than it could draw soon', async () => {
  const printer = createPrinter()
  const waiting = Array.from({ length: 50 }, () => printer.print([ticket()], 'en').catch(() => null))
  expect(() => printer.print([ticket()], 'en')).toThrow('Many tickets are being printed')
  await printer.stop()
  await Promise.all(waiting)
})

test('print: the same ticket gives the same file', async () => {
  const printer = createPrinter()
  const one = ticket()
  const [first, second] = await Promise.all([printer.print([one], 'en'), printer.print([one], 'en')])
  await printer.stop()
  expect(Buffer.from(first).equals(Buffer.from(second))).toBe(true)
})
