/** A parsed TrueType font. */
export interface FontFile {
  stream: { buffer: Uint8Array }
  directory: { tables: Record<string, { offset: number, length: number } | undefined> }
  /** Where each glyph begins in the table of outlines; one more tells where the last ends. */
  loca: { offsets: number[] }
  hhea: { numberOfMetrics: number }
}

/** The glyphs of a document in the order of their new numbers; a composed one adds its parts. */
export interface UsedGlyphs { glyphs: number[], includeGlyph: (id: number) => number }

/** Copied as they are; a printer that hints outlines needs the last three. */
const copied_tables = ['head', 'hhea', 'maxp', 'cvt ', 'fpgm', 'prep']
const long_offsets = 1
const metric_bytes = 4

/**
 * A TrueType font of these glyphs alone, as a PDF embeds it (ISO 32000-1, 9.9), by copying bytes:
 * the library decodes outlines and instructions number by number and encodes them again, which
 * takes a quarter of the time of a ticket.
 */
export function subsetFile (font: FontFile, used: UsedGlyphs): Buffer {
  const outlines: Buffer[] = []
  // Grows on the way.
  for (const id of used.glyphs) outlines.push(outlineOf(font, id, used))
  const count = outlines.length
  const offsets = Buffer.alloc((count + 1) * 4)
  let end = 0
  for (const [index, { length }] of outlines.entries()) {
    end += length
    offsets.writeUInt32BE(end, (index + 1) * 4)
  }
  const tables = new Map(copied_tables.flatMap(tag => {
    const bytes = tableOf(font, tag)
    return bytes ? [[tag, Buffer.from(bytes)]] : []
  }))
  tables.get('head')!.writeInt16BE(long_offsets, 50)
  tables.get('hhea')!.writeUInt16BE(count, 34)
  tables.get('maxp')!.writeUInt16BE(count, 4)
  tables.set('glyf', Buffer.concat(outlines)).set('loca', offsets)
    .set('hmtx', Buffer.concat(used.glyphs.map(id => metricOf(font, id))))
  return fileOf(tables)
}

function tableOf ({ stream, directory }: FontFile, tag: string): Buffer | null {
  const table = directory.tables[tag]
  if (!table) return null
  const { buffer, byteOffset } = stream.buffer
  return Buffer.from(buffer, byteOffset + table.offset, table.length)
}

/** Bits of a part of a composed glyph (OpenType, glyf). */
const part = {
  words: 1, scale: 8, more: 0x20, two_scales: 0x40, matrix: 0x80,
}

function outlineOf (font: FontFile, id: number, used: UsedGlyphs): Buffer {
  const { offsets } = font.loca
  const outline = Buffer.from(tableOf(font, 'glyf')!.subarray(offsets[id], offsets[id + 1]))
  if (outline.length === 0 || outline.readInt16BE(0) >= 0) return outline
  for (let at = 10, flags: number = part.more; flags & part.more;) {
    flags = outline.readUInt16BE(at)
    outline.writeUInt16BE(used.includeGlyph(outline.readUInt16BE(at + 2)), at + 2)
    at += 4 + (flags & part.words ? 4 : 2) +
      (flags & part.scale ? 2 : flags & part.two_scales ? 4 : flags & part.matrix ? 8 : 0)
  }
  return outline
}

/** Glyphs after the last that has a width of its own have the same width. */
function metricOf (font: FontFile, id: number): Buffer {
  const { numberOfMetrics: whole } = font.hhea
  const table = tableOf(font, 'hmtx')!
  if (id < whole) return table.subarray(id * metric_bytes, (id + 1) * metric_bytes)
  const bearing = whole * metric_bytes + (id - whole) * 2
  return Buffer.concat([
    table.subarray((whole - 1) * metric_bytes, (whole - 1) * metric_bytes + 2),
    table.subarray(bearing, bearing + 2),
  ])
}

const header_bytes = 12
const entry_bytes = 16
const aligned = (length: number) => (length + 3) & ~3

/** Without sums of its tables, which readers of embedded fonts do not ask for. */
function fileOf (tables: Map<string, Buffer>): Buffer {
  const sorted = [...tables].sort(([a], [b]) => a < b ? -1 : 1)
  const begin = header_bytes + sorted.length * entry_bytes
  const file = Buffer.alloc(sorted.reduce((end, [, { length }]) => end + aligned(length), begin))
  const exponent = Math.floor(Math.log2(sorted.length))
  file.writeUInt32BE(0x00010000, 0)
  file.writeUInt16BE(sorted.length, 4)
  file.writeUInt16BE(2 ** exponent * entry_bytes, 6)
  file.writeUInt16BE(exponent, 8)
  file.writeUInt16BE((sorted.length - 2 ** exponent) * entry_bytes, 10)
  let offset = begin
  for (const [index, [tag, bytes]] of sorted.entries()) {
    const entry = header_bytes + index * entry_bytes
    file.write(tag, entry, 'latin1')
    file.writeUInt32BE(offset, entry + 8)
    file.writeUInt32BE(bytes.length, entry + 12)
    bytes.copy(file, offset)
    offset += aligned(bytes.length)
  }
  return file
}
