import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import PDFDocument from 'pdfkit'
import { expect, test } from 'vitest'
import { event } from '../test/seed.ts'
import { readPdf } from '../test/read-pdf.ts'
import { subsetFile, type FontFile, type UsedGlyphs } from './font-subset.ts'
import { createPrinter } from './printer.ts'
import { ticketPdf, type PrintedTicket } from './ticket-pdf.ts'

const hall = event({ id: '0190b3c4-0000-7000-8000-0000000000ab', title: 'Łódź Ελλάδα' })

const ticket = (overrides: Partial<PrintedTicket> = {}): PrintedTicket => ({
  number: 'WINTER-000001', code: '0'.repeat(144), ticket_type_name: 'Adult', holder_name: 'Zoë Ann',
  price_minor: 1250, currency: 'EUR', order_code: 'FR7K2M9Q', event: hall,
  issued_at: '2027-01-01T00:00:00.000Z', ...overrides,
})

/** The font files that are read while `work` is done. */
async function readFonts (work: () => Promise<unknown>): Promise<string[]> {
  const read: string[] = []
  const { readFileSync } = fs
  const noting = ((...args: Parameters<typeof readFileSync>) => {
    if (String(args[0]).endsWith('.ttf')) read.push(String(args[0]))
    return readFileSync(...args)
  }) as typeof readFileSync
  fs.readFileSync = noting
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    fs.readFileSync = readFileSync
    syncBuiltinESMExports()
  }
  return read
}

test('ticketPdf: fonts are read by the first ticket and by none after it', async () => {
  expect(await readFonts(() => ticketPdf([ticket()], 'en'))).toHaveLength(4)
  expect(await readFonts(() => ticketPdf([ticket({ holder_name: 'Ben' })], 'fr'))).toEqual([])
})

test('ticketPdf: a file is the same whatever was printed before it', async () => {
  // One sign that is drawn as two letters are where they meet.
  await ticketPdf([ticket({ holder_name: '\uFB01nn \uFB02o' })], 'fr')
  const letters = ticket({ holder_name: 'finn flo' })
  const later = await ticketPdf([letters], 'en')
  const printer = createPrinter()
  const first = await printer.print([letters], 'en')
  await printer.stop()

  expect(later.equals(first)).toBe(true)
  expect((await readPdf(later))[0]!.text).toContain('finn flo')
})

test('ticketPdf: the box for a letter that the font lacks is as wide in the file as it was laid out', async () => {
  const strange = ticket({ event: { ...hall, title: '\u6751\u4e0a\u6625 and a word' } })
  const file = (await ticketPdf([strange], 'en')).toString('latin1')

  const boxes = [...file.matchAll(/\/W \[0 \[([\d.]+)/g)].map(([, width]) => Number(width))
  expect(boxes.length).toBeGreaterThan(1)
  // Thousandths of the letters' height; the font counts 2048 of them.
  for (const width of boxes) expect(width).toBeLessThan(700)
})

interface Glyph { path: { toSVG: () => string }, advanceWidth: number }
type Font = FontFile & {
  glyphForCodePoint: (code: number) => { id: number }, getGlyph: (id: number) => Glyph
  createSubset: () => UsedGlyphs & { encode: () => Uint8Array }
}

/** As the library reads it. */
const parse = (file: Buffer) =>
  (new PDFDocument({ font: '' }).font(file) as unknown as { _font: { font: Font } })._font.font

const letters = ['Plain 0189.', 'Composed Éǻṩ', 'Ελλάδα', 'Ёжик', '日 none of these']

test.each(['DejaVuSansCondensed', 'DejaVuSerifCondensed-Bold', 'DejaVuSansMono'])(
  'subsetFile: what it makes of %s has the outlines and widths of what the library makes',
  name => {
    const font = parse(fs.readFileSync(`node_modules/dejavu-fonts-ttf/ttf/${name}.ttf`))
    const [ours, theirs] = [font.createSubset(), font.createSubset()]
    for (const letter of letters.join('')) {
      const { id } = font.glyphForCodePoint(letter.codePointAt(0)!)
      expect(ours.includeGlyph(id)).toBe(theirs.includeGlyph(id))
    }
    const [made, expected] =
      [parse(subsetFile(font, ours)), parse(Buffer.from(theirs.encode()))]

    expect(ours.glyphs).toEqual(theirs.glyphs)
    for (const place of ours.glyphs.keys()) {
      const [one, other] = [made.getGlyph(place), expected.getGlyph(place)]
      expect(one.path.toSVG()).toBe(other.path.toSVG())
      expect(one.advanceWidth).toBe(other.advanceWidth)
    }
  })
