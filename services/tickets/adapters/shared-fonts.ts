import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import PDFDocument from 'pdfkit'
import { subsetFile, type FontFile, type UsedGlyphs } from './font-subset.ts'

const require = createRequire(import.meta.url)
const fontFolder = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf')
const fontNames = {
  title: 'DejaVuSerifCondensed-Bold', text: 'DejaVuSansCondensed', bold: 'DejaVuSansCondensed-Bold',
  code: 'DejaVuSansMono',
}
/** Words whose places are remembered of each font, a few kilobytes each; then all are forgotten. */
const max_words = 2000
/** Longer ones are no words: what nobody writes twice is not remembered. */
const longest_word = 40

interface Run { positions: Record<string, number>[] }

/** What the PDF library asks of a font, and what we need of it beside; neither is in its types. */
interface Font extends FontFile {
  _glyphs: object
  layout: (text: string, features?: unknown) => Run
  createSubset: () => UsedGlyphs
  getGlyph: (id: number) => { advanceWidth: number }
  unitsPerEm: number
}

let fonts: [string, Buffer][] | undefined

/**
 * Fonts that documents share, by the names they have there. Read and parsed once, when the first
 * ticket is printed: each document for itself would spend nine tenths of its time on that.
 */
export const sharedFonts = (): [string, Buffer][] =>
  fonts ??= Object.entries(fontNames).map(([name, file]) =>
    // The library takes a parsed font in place of a file, too, which its types do not say.
    [name, share(parse(readFileSync(join(fontFolder, `${file}.ttf`)))) as unknown as Buffer])

function parse (file: Buffer): Font {
  const doc = new PDFDocument({ autoFirstPage: false, font: '' }).font(file)
  return (doc as unknown as { _font: { font: Font } })._font.font
}

/**
 * The font for any number of documents. Only the letters that are used go into a file; and a file
 * is the same whatever was printed before it.
 */
function share (font: Font): Font {
  const runs = new Map<string, Run>()

  /** Of letters that know no text but this: a glyph keeps those that it was first asked for. */
  function layOut (text: string, features?: unknown): Run {
    const { _glyphs } = font
    font._glyphs = {}
    try {
      return font.layout(text, features)
    } finally {
      font._glyphs = _glyphs
    }
  }

  return Object.assign(Object.create(font) as Font, {
    layout (text: string, features?: unknown): Run {
      if (features !== undefined || text.length > longest_word) return layOut(text, features)
      const run = runs.get(text) ?? layOut(text)
      if (runs.size >= max_words) runs.clear()
      runs.set(text, run)
      // The library scales the places it is given, and a run's width is the sum of its places.
      return Object.assign(Object.create(run) as Run, {
        positions: run.positions.map(one => ({ ...one })),
      })
    },
    /** The library takes the width of the box for unknown letters for one of a thousand units. */
    getGlyph (id: number) {
      const glyph = font.getGlyph(id)
      return id > 0 ? glyph : Object.create(glyph, {
        advanceWidth: { value: glyph.advanceWidth * 1000 / font.unitsPerEm } }) as typeof glyph
    },
    createSubset () {
      const subset = font.createSubset()
      return Object.assign(subset, { encode: () => subsetFile(font, subset) })
    },
  })
}
