import { comedy, family, festival, film, school, talk } from './artwork-scenes.ts'
import { music, other, sports, theatre } from './artwork-shapes.ts'
import { brush, disc, number, type Brush, type Palette } from './artwork-brush.ts'

/** A poster on a page, or the picture of a link preview. */
export type Format = 'card' | 'wide'

const sizes: Record<Format, [number, number]> = { card: [800, 1000], wide: [1200, 630] }

/**
 * `bg` and `shade` lie behind everything, `ink` is the darkest and `light` the brightest; `a`, `b`
 * and `c` speak. Chosen by eye, so that any two of them beside each other are told apart, also by
 * those who do not see red and green.
 */
const palettes: Palette[] = [
  { bg: '#1d2145', shade: '#171a38', ink: '#0e1027', a: '#ff6b5e', b: '#ffb84c', c: '#3fb8b0', light: '#fff1dc' },
  { bg: '#f5e8d0', shade: '#ecd9b5', ink: '#1d2f4f', a: '#d9442f', b: '#eba62b', c: '#3d8f8b', light: '#fffaf0' },
  { bg: '#14402f', shade: '#0f3325', ink: '#0a2219', a: '#f2c14e', b: '#f47d52', c: '#86bf8f', light: '#fbf3df' },
  { bg: '#3d1747', shade: '#311139', ink: '#1f0a26', a: '#ff7aa2', b: '#ffc15e', c: '#8d6cc0', light: '#fdebe6' },
  { bg: '#1d4fb0', shade: '#17429a', ink: '#0c2560', a: '#ff7a2b', b: '#ffd447', c: '#74cdf2', light: '#fff7e6' },
  { bg: '#f4d8c4', shade: '#ebc4a8', ink: '#263f55', a: '#bb4a2e', b: '#e9b24a', c: '#5f8a7c', light: '#fff6ec' },
  { bg: '#17171f', shade: '#101016', ink: '#08080b', a: '#e8b64f', b: '#d5505f', c: '#5f9786', light: '#f5efe4' },
  { bg: '#0c5663', shade: '#094853', ink: '#062f37', a: '#ff9a68', b: '#ffe08a', c: '#8adcc9', light: '#f6fbf0' },
  { bg: '#cfe6e0', shade: '#b9d8d0', ink: '#143c4a', a: '#ef5d4e', b: '#f5b83d', c: '#2f7f93', light: '#fbfef9' },
  { bg: '#7d1f3a', shade: '#6b1831', ink: '#3c0b1b', a: '#ffb35c', b: '#ff7d6b', c: '#e9a6c1', light: '#fff0e3' },
  { bg: '#f7c948', shade: '#eeb92f', ink: '#2b2350', a: '#e4572e', b: '#f7988a', c: '#3d5a9e', light: '#fffbee' },
  { bg: '#5a4fb8', shade: '#4c42a3', ink: '#241d5c', a: '#ffcf56', b: '#ff8a7a', c: '#9fd8f0', light: '#fdf6ff' },
]

const motifs: Record<string, (paint: Brush) => string> = {
  music, theatre, comedy, sports, family, festival, school, talk, film,
}

/**
 * A poster for an event without pictures, as SVG: a motif of its category, in colours and a
 * composition that follow
 * from its id, with details that follow from its title. The same event always gets the same poster.
 * Shapes only: no
 * text to translate, no scripts, nothing loaded from elsewhere.
 */
export function drawArtwork (event: { id: string, title: string, category: string },
  format: Format): string {
  const [w, h] = sizes[format]
  const paint = brush({ ...event, w, h, palettes })
  const motif = motifs[event.category] ?? other
  const { bg, shade, light } = paint.colors
  const glow = { x: paint.between(0.2, 0.8), y: paint.between(0.1, 0.5) }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}">` +
    `<defs><radialGradient id="g" cx="${number(glow.x)}" cy="${number(glow.y)}" r="1">` +
    `<stop stop-color="${light}" stop-opacity=".14"/><stop offset="1" stop-color="${light}" stop-opacity="0"/></radialGradient>` +
    `<linearGradient id="s" x2="0" y2="1"><stop stop-color="${bg}"/><stop offset="1" stop-color="${shade}"/></linearGradient></defs>` +
    `<rect width="${w}" height="${h}" fill="url(#s)"/><rect width="${w}" height="${h}" fill="url(#g)"/>` +
    `${confetti(paint)}${motif(paint)}</svg>`
}

/**
 * A few specks in free places of the upper part, where the title sets their number: no two posters
 * are quite alike.
 */
function confetti ({ w, h, u, colors, between, pick, beat }: Brush): string {
  const count = 5 + Math.round(beat(0) * 6)
  return Array.from({ length: count }, () =>
    disc(between(0.04, 0.96) * w, between(0.03, 0.4) * h, between(0.25, 0.7) * u,
      pick([colors.line, colors.b, colors.c]), 0.75)).join('')
}
