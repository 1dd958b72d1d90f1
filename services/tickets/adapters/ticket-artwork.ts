import type PDFKit from 'pdfkit'

type Document = InstanceType<typeof PDFKit>

/** A colour of each event's own, told apart from others in colour and from paper in grey. */
export interface Palette { deep: string, tint: string, line: string }

const byte = (id: string, index: number) =>
  parseInt(id.replaceAll('-', '').slice(-2 * (index + 1)).slice(0, 2), 16)

/** @param id the event's: its last bytes are random, so neighbours differ */
export function paletteOf (id: string): Palette {
  const hue = Math.round(byte(id, 0) / 256 * 360)
  return { deep: hsl(hue, 62, 22), tint: hsl(hue, 45, 94), line: hsl(hue, 40, 62) }
}

/** As `#rrggbb`, the one form the PDF library takes. */
function hsl (hue: number, saturation: number, lightness: number): string {
  const l = lightness / 100
  const a = saturation / 100 * Math.min(l, 1 - l)
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12
    const value = l - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))
    return Math.round(value * 255).toString(16).padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}

interface Frame { x: number, y: number, width: number, height: number }

/**
 * A fermata, the sign over a note that is held, whose sound spreads over the page: arcs around a
 * dot, their place and weight from the event's id, so that each event has a picture of its own.
 */
export function drawArtwork (
  doc: Document, frame: Frame, event_id: string, { deep, tint, line }: Palette
): void {
  const { x, y, width, height } = frame
  doc.save().rect(x, y, width, height).clip()
  doc.rect(x, y, width, height).fill(tint)
  const center_x = x + width * (0.62 + 0.2 * byte(event_id, 1) / 255)
  const base_y = y + height - 34
  const step = 17 + byte(event_id, 2) % 9
  for (let ring = 1; ring * step < width; ring++) {
    const weight = 0.6 + 3.2 * Math.abs(Math.sin(ring * (1 + byte(event_id, 3) / 64)))
    // Fainter with every ring, so that the organiser's name is read easily where they reach it.
    const opacity = Math.max(0.12, 0.75 - ring * step / 480)
    halfCircle(doc, center_x, base_y, 46 + ring * step)
      .lineWidth(weight).strokeOpacity(opacity).stroke(line)
  }
  doc.strokeOpacity(1)
  // The sign itself: a crescent, thick in the middle as engravers cut it, and its dot.
  doc.path(`M ${center_x - 46} ${base_y} A 46 46 0 0 1 ${center_x + 46} ${base_y} ` +
    `A 46 37 0 0 0 ${center_x - 46} ${base_y} Z`).fill(deep)
  doc.circle(center_x, base_y - 7, 7.5).fill(deep)
  doc.restore()
}

const halfCircle = (doc: Document, x: number, y: number, radius: number) =>
  doc.path(`M ${x - radius} ${y} A ${radius} ${radius} 0 0 1 ${x + radius} ${y}`)
