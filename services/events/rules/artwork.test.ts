import { expect, test } from 'vitest'
import { drawArtwork, type Format } from './artwork.ts'

const categories = ['music', 'theatre', 'comedy', 'sports', 'family', 'festival', 'school', 'talk', 'film', 'other']
const formats: Format[] = ['card', 'wide']
const draw = (category: string, index: number, format: Format = 'card', title = 'Late Beethoven') =>
  drawArtwork({ id: `01a1fd12-d56e-7000-a503-${String(index).padStart(12, '0')}`, title, category }, format)

const many = categories.flatMap(category => formats.flatMap(format =>
  Array.from({ length: 60 }, (_, index) => ({ name: `${category} ${format} ${index}`, svg: draw(category, index, format) }))))

test('drawArtwork: every poster is below 12 kB and made of numbers that can be drawn', () => {
  for (const { name, svg } of many) {
    expect(svg.length, name).toBeLessThan(12_000)
    expect(svg, name).not.toMatch(/NaN|undefined|Infinity/)
  }
})

test('drawArtwork: shapes only, nothing that runs, loads or would need translating', () => {
  const allowed = new Set(['svg', 'defs', 'radialGradient', 'linearGradient', 'stop', 'rect', 'circle', 'ellipse', 'path', 'g', 'clipPath'])
  for (const { name, svg } of many) {
    const names = [...svg.matchAll(/<([a-zA-Z]+)/g)].map(([, element]) => element!)
    expect(names.filter(element => !allowed.has(element)), name).toEqual([])
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', ''), name).not.toMatch(/href|http|style=|on[a-z]+=/)
  }
})

test('drawArtwork: opens and closes its elements in pairs', () => {
  for (const { name, svg } of many) {
    const open: string[] = []
    for (const [, close, element, empty] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
      if (close) expect(open.pop(), name).toBe(element)
      else if (!empty) open.push(element!)
    }
    expect(open, name).toEqual([])
  }
})

test('drawArtwork: the same event always gets the same poster, another event another', () => {
  expect(draw('music', 1)).toBe(draw('music', 1))
  for (const category of categories) {
    const different = new Set(Array.from({ length: 40 }, (_, index) => draw(category, index)))
    expect(different.size, category).toBe(40)
  }
  expect(draw('festival', 1, 'card', 'Riverlight')).not.toBe(draw('festival', 1, 'card', 'Moonlight'))
  expect(draw('music', 1)).not.toBe(draw('theatre', 1))
})

test('drawArtwork: a title cannot get into the drawing, and none is needed', () => {
  for (const title of ['<script>alert(1)</script>', '"/><x', '', '東京', '!!!']) {
    for (const category of [...categories, 'unheard of']) {
      const svg = draw(category, 7, 'wide', title)
      expect(svg).not.toMatch(/alert|<x|NaN/)
    }
  }
})
