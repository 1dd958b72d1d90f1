/** What every motif paints with: a size, colours, repeatable chance, and the shapes of SVG. */

export interface Palette { bg: string, shade: string, ink: string, a: string, b: string, c: string,
  light: string }

interface Colors extends Palette {
  /** For thin lines on the ground: the brightest on a dark one, the darkest on a bright one. */
  line: string
  /** For beams and halos, which are brighter than a dark ground and warmer than a bright one. */
  glow: string
}

export interface Brush {
  w: number
  h: number
  /** A hundredth of the shorter side: sizes in it look alike in every format. */
  u: number
  colors: Colors
  /** The next number of this poster's own chance. */
  between: (low: number, high: number) => number
  pick: <T>(choices: readonly T[]) => T
  /** 0 to 1 from the letters of the title, again and again: it plays the title. */
  beat: (index: number) => number
}

/** FNV-1a: short, and the same on every machine. */
function hash (text: string): number {
  let value = 0x811c9dc5
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193)
  return value >>> 0
}

/** Mulberry32: a small generator whose sequence is fixed by its seed. */
function chance (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

interface Subject { id: string, title: string, w: number, h: number, palettes: readonly Palette[] }

export function brush ({ id, title, w, h, palettes }: Subject): Brush {
  const next = chance(hash(id))
  const pick = <T>(choices: readonly T[]) => choices[Math.floor(next() * choices.length)]!
  const letters = [...title.toLowerCase()].filter(char => /[\p{L}\p{N}]/u.test(char)).slice(0, 64)
  const palette = pick(palettes)
  const bright = brightness(palette.bg) > 0.5
  const colors = { ...palette, line: bright ? palette.ink : palette.light,
    glow: bright ? palette.b : palette.light }
  return {
    w, h, u: Math.min(w, h) / 100, colors, pick,
    between: (low, high) => low + next() * (high - low),
    beat: index => (hash(letters[index % Math.max(1, letters.length)] ?? 'x') % 97) / 96,
  }
}

const channels = (color: string) => [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16))

/** 0 for black to 1 for white, as eyes weigh the channels (Rec. 709). */
function brightness (color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color)
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
}

/** A colour between two, as one that needs no transparency. */
export function mix (from: string, to: string, share: number): string {
  const other = channels(to)
  return '#' + channels(from).map((value, index) =>
    Math.round(value + (other[index]! - value) * share).toString(16).padStart(2, '0')).join('')
}

/** One decimal is finer than any screen shows at these sizes, and keeps the poster small. */
export const number = (value: number) => String(Math.round(value * 10) / 10)

const opacity = (value: number) => value === 1 ? '' : ` opacity="${Math.round(value * 100) / 100}"`

export const disc = (x: number, y: number, r: number, fill: string, alpha = 1) =>
  `<circle cx="${number(x)}" cy="${number(y)}" r="${number(r)}" fill="${fill}"${opacity(alpha)}/>`

export const ring = (x: number, y: number, r: number, stroke: string, width: number, alpha = 1) =>
  `<circle cx="${number(x)}" cy="${number(y)}" r="${number(r)}" fill="none" stroke="${stroke}" stroke-width="${number(width)}"${opacity(alpha)}/>`

export const box = (x: number, y: number, w: number, h: number, fill: string, round = 0,
  alpha = 1) =>
  `<rect x="${number(x)}" y="${number(y)}" width="${number(w)}" height="${number(h)}" fill="${fill}"` +
  `${round ? ` rx="${number(round)}"` : ''}${opacity(alpha)}/>`

/** `d` as numbers and letters, rounded: `path(['M', 0, 0, 'L', 10, 10, 'Z'], 'red')`. */
export const path = (d: (string | number)[], fill: string, alpha = 1) =>
  `<path d="${joined(d)}" fill="${fill}"${opacity(alpha)}/>`

export const line = (d: (string | number)[], stroke: string, width: number, alpha = 1, dash = '') =>
  `<path d="${joined(d)}" fill="none" stroke="${stroke}" stroke-width="${number(width)}" stroke-linecap="round" ` +
  `stroke-linejoin="round"${dash ? ` stroke-dasharray="${dash}"` : ''}${opacity(alpha)}/>`

export const polygon = (points: [number, number][], fill: string, alpha = 1) =>
  `<path d="M${points.map(([x, y]) => `${number(x)} ${number(y)}`).join('L')}Z" fill="${fill}"${opacity(alpha)}/>`

/** The upper half of a disc that stands on `y`. */
export const dome = (x: number, y: number, r: number, fill: string, alpha = 1) =>
  path(['M', x - r, y, 'A', r, r, 0, 0, 1, x + r, y, 'Z'], fill, alpha)

export const turned = (degrees: number, x: number, y: number, content: string) =>
  `<g transform="rotate(${number(degrees)} ${number(x)} ${number(y)})">${content}</g>`

export const times = (count: number, draw: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => draw(index)).join('')

const joined = (d: (string | number)[]) =>
  d.map(part => typeof part === 'number' ? number(part) : part).join(' ')

/** A star of `points` rays. */
export const star = (x: number, y: number, r: number, fill: string, points = 4, inner = 0.36) =>
  polygon(Array.from({ length: points * 2 }, (_, index) => {
    const angle = index * Math.PI / points - Math.PI / 2
    const length = index % 2 === 0 ? r : r * inner
    return [x + Math.cos(angle) * length, y + Math.sin(angle) * length]
  }), fill)

/** Rays from a point to beyond the edges: every second sector of the circle. */
export function rays (x: number, y: number, reach: number, count: number, fill: string, alpha = 1,
  from = 0): string {
  const step = Math.PI * 2 / (count * 2)
  const d: (string | number)[] = []
  for (let i = 0; i < count; i++) {
    const angle = from + i * 2 * step
    d.push('M', x, y, 'L', x + Math.cos(angle) * reach, y + Math.sin(angle) * reach,
      'L', x + Math.cos(angle + step) * reach, y + Math.sin(angle + step) * reach, 'Z')
  }
  return path(d, fill, alpha)
}

/** A string of pennants that hangs between two points. */
export function bunting (
  from: [number, number], to: [number, number], sag: number, size: number, fills: readonly string[],
    cord: string
): string {
  const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2 + sag * 2] as const
  const at = (t: number): [number, number] => [
    (1 - t) ** 2 * from[0] + 2 * (1 - t) * t * middle[0] + t ** 2 * to[0],
    (1 - t) ** 2 * from[1] + 2 * (1 - t) * t * middle[1] + t ** 2 * to[1],
  ]
  const count = Math.max(3,
    Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]) / (size * 1.35)))
  const flags = times(count, index => {
    const [x1, y1] = at((index + 0.1) / count)
    const [x2, y2] = at((index + 0.9) / count)
    return polygon([[x1, y1], [x2, y2], [(x1 + x2) / 2, (y1 + y2) / 2 + size * 1.25]],
      fills[index % fills.length]!)
  })
  return line(['M', ...from, 'Q', middle[0], middle[1], ...to], cord, size * 0.06) + flags
}

/** A hill from edge to edge, whose top passes through `y` in waves. */
export function hill (w: number, h: number, y: number, swing: number, phase: number,
  fill: string): string {
  const d: (string | number)[] = ['M', 0, h, 'L', 0, y + Math.sin(phase) * swing]
  const steps = 6
  for (let i = 0; i < steps; i++) {
    const x1 = (i + 0.5) / steps * w
    const x2 = (i + 1) / steps * w
    d.push('Q', x1, y + Math.sin(phase + (i + 0.5) * 1.1) * swing * 1.25, x2, y +
      Math.sin(phase + (i + 1) * 1.1) * swing)
  }
  return path([...d, 'L', w, h, 'Z'], fill)
}
