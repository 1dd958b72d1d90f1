import type { EventFacts, Locale } from '@fermata/contracts/fields'
import { oneLine } from '@fermata/contracts/one-line'
import PDFDocument from 'pdfkit'
import { countryText, priceText, textsIn, whenTexts } from '../rules/ticket-texts.ts'
import { qrCode, quiet_zone_modules } from './qr-code.ts'
import { sharedFonts } from './shared-fonts.ts'
import { drawArtwork, paletteOf, type Palette } from './ticket-artwork.ts'

export interface PrintedTicket {
  number: string, code: string, ticket_type_name: string, holder_name: string
  price_minor: number, currency: string, order_code: string, event: EventFacts, issued_at: string
}

type Document = InstanceType<typeof PDFDocument>
interface Page { doc: Document, ticket: PrintedTicket, locale: Locale, palette: Palette }

/** Points, 72 to the inch: A4 and its parts from the top. */
const page = { width: 595.28, height: 841.89, margin: 48 }
const content_width = page.width - 2 * page.margin
const artwork_height = 214
const perforation_y = 474
const qr_top = 508
/** 66 mm with the quiet zone, so the code itself is 57 mm: read at arm's length. */
const qr_side = 187
const details_x = page.margin + qr_side + 36

const ink = '#14161a'
const grey = '#5a5f69'

/**
 * Tickets as one A4 document, a page for each.
 * @param tickets one or more, all of one order
 */
export async function ticketPdf (tickets: PrintedTicket[], locale: Locale): Promise<Buffer> {
  const first = tickets[0]!
  const created = new Date(first.issued_at)
  const doc = new PDFDocument({
    size: 'A4', margin: 0, autoFirstPage: false, lang: locale, displayTitle: true, pdfVersion: '1.7',
    // The library would read one of its own at first.
    font: '',
    info: {
      Title: `${oneLine(first.event.title)} · ${first.number}`, Author: oneLine(first.event.organizer_name),
      Creator: 'Fermata', CreationDate: created, ModDate: created,
    },
  })
  for (const [name, file] of sharedFonts()) doc.registerFont(name, file)
  const chunks: Buffer[] = []
  doc.on('data', (chunk: Buffer) => chunks.push(chunk))
  const written = new Promise((resolve, reject) => doc.on('end', resolve).on('error', reject))
  for (const [index, ticket] of tickets.entries()) {
    drawPage(
      { doc, ticket, locale, palette: paletteOf(ticket.event.id) }, index + 1, tickets.length
    )
  }
  doc.end()
  await written
  return Buffer.concat(chunks)
}

function drawPage (on: Page, number: number, pages: number): void {
  const { doc, ticket, palette } = on
  doc.addPage()
  drawArtwork(
    doc, { x: 0, y: 0, width: page.width, height: artwork_height }, ticket.event.id, palette
  )
  drawHead(on)
  drawEvent(on)
  drawPerforation(doc)
  drawQr(doc, ticket.code)
  drawDetails(on)
  drawFoot(on, number, pages)
}

/**
 * Small capitals, for what names other things; wider spaced, readers aloud would spell them letter
 * by letter.
 */
const label = (
  doc: Document, text: string, x: number, y: number, color = grey, width = content_width
) =>
  doc.font('bold').fontSize(7.5).fillColor(color)
    .text(oneLine(text).toUpperCase(), x, y, {
      characterSpacing: 0.5, width, height: 10, ellipsis: true,
    })

function drawHead ({ doc, ticket, locale, palette }: Page): void {
  label(doc, textsIn(locale).organizer, page.margin, 44, palette.deep)
  doc.font('title').fontSize(15).fillColor(palette.deep)
    .text(oneLine(ticket.event.organizer_name), page.margin, 57, {
      width: 270, height: 56, ellipsis: true,
    })
}

/** The largest size at which a text fits its box; at the smallest it is cut with an ellipsis. */
function fitSize (
  doc: Document, text: string, box: { width: number, height: number, sizes: number[] }
): number {
  return box.sizes.find(size =>
    doc.fontSize(size).heightOfString(text, { width: box.width }) <= box.height)
    ?? box.sizes.at(-1)!
}

function drawEvent ({ doc, ticket, locale, palette }: Page): void {
  const { event } = ticket
  const title = oneLine(event.title)
  const box = { width: content_width, height: 112, sizes: [44, 38, 33, 29, 25, 22, 19, 16] }
  doc.font('title').fillColor(ink)
  const size = fitSize(doc, title, box)
  doc.fontSize(size).text(title, page.margin, artwork_height + 30, {
    ...box, ellipsis: true, lineGap: -2,
  })

  const top = 372
  doc.rect(page.margin, top - 14, 40, 3).fill(palette.deep)
  const column = content_width / 2 - 12
  const { day, time } = whenTexts(event, locale)
  const canceled = event.status === 'canceled'
  doc.font('bold').fontSize(13).fillColor(ink)
    .text(canceled ? textsIn(locale).canceled : day, page.margin, top, {
      width: column, height: 34, ellipsis: true,
    })
  doc.font('text').fontSize(13).fillColor(ink).text(time, { width: column })
  doc.font('text').fontSize(8.5).fillColor(grey)
    .text(`${textsIn(locale).local_time}, ${event.timezone.replaceAll('_', ' ')}`, { width: column })

  const x = page.margin + column + 24
  const { venue } = event
  doc.font('bold').fontSize(13).fillColor(ink)
    .text(oneLine(venue.name), x, top, { width: column, height: 34, ellipsis: true })
  doc.font('text').fontSize(10.5).fillColor(ink)
    .text(oneLine(venue.address), { width: column, height: 28, ellipsis: true })
    .text(`${oneLine(venue.city)}, ${countryText(venue.country, locale)}`, { width: column, height: 28, ellipsis: true })
}

/** Where the stub would be torn off: a dashed line between two notches. */
function drawPerforation (doc: Document): void {
  doc.save().lineWidth(0.8).dash(3, { space: 4 }).moveTo(page.margin - 20, perforation_y)
    .lineTo(page.width - page.margin + 20, perforation_y).stroke('#a3a8b1').undash()
  for (const [x, sweep] of [[0, 1], [page.width, 0]] as const) {
    doc.lineWidth(0.8).path(`M ${x} ${perforation_y - 13} A 13 13 0 0 ${sweep} ${x} ${perforation_y + 13}`)
      .stroke('#a3a8b1')
  }
  doc.restore()
}

function drawQr (doc: Document, code: string): void {
  const { size, bars } = qrCode(code, 'Q')
  const module_size = qr_side / (size + 2 * quiet_zone_modules)
  doc.save()
  doc.roundedRect(page.margin, qr_top, qr_side, qr_side, 8).fillAndStroke('#ffffff', '#d5d8de')
  doc.translate(
    page.margin + quiet_zone_modules * module_size, qr_top + quiet_zone_modules * module_size
  )
    // Written as they stand in the file: a path of a thousand parts would be read first.
    .scale(module_size).addContent(bars.map(({ x, y, width }) => `${x} ${y} ${width} 1 re`).join('\n'))
    .fill('#000000')
  doc.restore()
  // For a phone that cannot be read and a scanner that has no light: the same code, to be typed.
  const lines = code.match(/.{1,36}/g)!.map(line => line.match(/.{1,6}/g)!.join(' '))
  doc.font('code').fontSize(6.4).fillColor(grey)
  for (const [index, line] of lines.entries()) {
    doc.text(line, page.margin, qr_top + qr_side + 9 + index * 9.5, { lineBreak: false })
  }
}

function drawDetails ({ doc, ticket, locale, palette }: Page): void {
  const texts = textsIn(locale)
  const width = page.width - page.margin - details_x
  label(doc, texts.number, details_x, qr_top + 2, grey, width)
  doc.font('title').fontSize(24).fillColor(palette.deep)
    .text(ticket.number, details_x, qr_top + 13, { lineBreak: false })
  const row = (name: string, value: string, y: number, at: { x: number, width: number }) => {
    label(doc, name, at.x, y, grey, at.width)
    doc.font('bold').fontSize(12.5).fillColor(ink)
      .text(oneLine(value), at.x, y + 11, { width: at.width, height: 33, ellipsis: true })
  }
  const whole = { x: details_x, width }
  const half = width / 2 - 8
  const [left, right] = [{ x: details_x, width: half }, { x: details_x + half + 16, width: half }]
  row(texts.type, ticket.ticket_type_name, qr_top + 56, whole)
  row(texts.holder, ticket.holder_name, qr_top + 104, whole)
  row(texts.price, priceText(ticket.price_minor, ticket.currency, locale), qr_top + 152, left)
  row(texts.order, ticket.order_code, qr_top + 152, right)
}

function drawFoot ({ doc, locale, palette }: Page, number: number, pages: number): void {
  const texts = textsIn(locale)
  const y = 776
  doc.rect(page.margin, y - 14, content_width, 0.8).fill('#d5d8de')
  label(doc, texts.admits, page.margin, y, palette.deep)
  doc.font('text').fontSize(8.5).fillColor(grey)
    .text(`${texts.show} ${texts.once}`, page.margin, y + 13, { width: content_width - 90, height: 36, lineGap: 1.5 })
  if (pages > 1) {
    doc.font('bold').fontSize(8.5).fillColor(grey)
      .text(texts.page(number, pages), page.width - page.margin - 80, y, { width: 80, align: 'right' })
  }
}
