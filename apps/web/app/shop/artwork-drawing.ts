/**
 * Pictures for events that bring none: drawn from the event's name, so that each has its own and it
 * never changes. All are cousins of the fermata: arcs around a point, each kind of event in its own
 * way.
 */

interface Palette { ground: string, deep: string, tone: string, light: string, note: string }

const palettes: readonly Palette[] = [
  { ground: '#1a2145', deep: '#0e1330', tone: '#4257b8', light: '#aab8ff', note: '#f0b93f' },
  { ground: '#43163a', deep: '#270a22', tone: '#a83c7c', light: '#f4b3d4', note: '#ffc857' },
  { ground: '#0c3b3a', deep: '#062322', tone: '#21877e', light: '#a5e3d8', note: '#ffb648' },
  { ground: '#e9d9b8', deep: '#d3b983', tone: '#a4502c', light: '#fff7e4', note: '#26306b' },
  { ground: '#f0c9bd', deep: '#e09c88', tone: '#8f2a3f', light: '#fff0ea', note: '#2c2250' },
  { ground: '#cfdff0', deep: '#a4c0de', tone: '#23508f', light: '#f4f9ff', note: '#d1552b' },
  { ground: '#3d2a18', deep: '#24170b', tone: '#b5722a', light: '#f3d9ac', note: '#7fd1c3' },
]

const width = 640
const height = 400

/** A small generator of numbers in 0..1 (mulberry32), the same for the same seed everywhere. */
function numbersFrom (text: string): () => number {
  let state = 2166136261
  for (const char of text) state = Math.imul(state ^ char.codePointAt(0)!, 16777619)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

type Draw = (next: () => number, colours: Palette) => string

const n = (value: number) => String(Math.round(value * 10) / 10)
const circle = (x: number, y: number, r: number, rest: string) => `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" ${rest}/>`
const ring = (x: number, y: number, r: number, colour: string, stroke: number, dash = '') =>
  circle(x, y, r, `fill="none" stroke="${colour}" stroke-width="${n(stroke)}"${dash && ` stroke-dasharray="${dash}"`}`)

/** Rows of seats around a stage. */
const hall: Draw = (next, { tone, light, note, deep }) => {
  const x = 170 + next() * 300
  const y = 400 + next() * 50
  const rings = Array.from({ length: 11 }, (_, index) => {
    const r = 92 + index * 38
    const gap = 6 + Math.floor(next() * 16)
    return ring(x, y, r, index % 4 === 1 ? light : tone, index % 4 === 1 ? 9 : 5 + next() * 8, `${gap} ${gap}`)
  })
  return circle(x, y, 620, `fill="${deep}" opacity=".35"`) + rings.join('') + circle(x, y - 46, 30, `fill="${note}"`)
}

/** Curtains drawn to both sides. */
const stage: Draw = (next, { tone, light, note, deep }) => {
  const folds = 7
  const opening = 120 + next() * 90
  const cloth = Array.from({ length: folds }, (_, index) => {
    const reach = (320 - opening / 2) * (1 - index / folds)
    const colour = index % 2 ? tone : deep
    const drop = 260 + index * 22
    const left = `M0 0H${n(reach + 40)}C${n(reach + 30)} ${n(drop * 0.5)} ${n(reach)} ${n(drop * 0.7)} ${n(reach * 0.55)} 400H0Z`
    return `<path d="${left}" fill="${colour}"/><path d="${left}" fill="${colour}" transform="matrix(-1 0 0 1 ${width} 0)"/>`
  })
  return circle(320, 420, 170 + opening / 2, `fill="${light}" opacity=".9"`) + cloth.join('') + circle(320, 318, 26, `fill="${note}"`)
}

/** Lanes of a track, and who leads. */
const track: Draw = (next, { tone, light, note }) => {
  const turn = -18 + next() * 36
  const lanes = Array.from({ length: 8 }, (_, index) =>
    `<rect x="${-60 + index * 34}" y="${-30 + index * 34}" width="${760 - index * 68}" height="${520 - index * 68}" rx="${260 - index * 34}"
      fill="none" stroke="${index % 3 === 0 ? light : tone}" stroke-width="${index % 3 === 0 ? 4 : 16}"/>`)
  return `<g transform="rotate(${n(turn)} 320 200)">${lanes.join('')}</g>` + circle(96 + next() * 60, 150 + next() * 80, 24, `fill="${note}"`)
}

/** A sun, or a summer stage, with all its rays. */
const rays: Draw = (next, { tone, light, note, deep }) => {
  const x = 200 + next() * 240
  const count = 18
  const turn = next() * 20
  const beams = Array.from({ length: count }, (_, index) => {
    const from = (turn + index * 360 / count) * Math.PI / 180
    const to = from + Math.PI / count * (0.7 + next() * 0.5)
    const point = (angle: number) => `${n(x + Math.cos(angle) * 700)} ${n(330 + Math.sin(angle) * 700)}`
    return `<path d="M${n(x)} 330L${point(from)}L${point(to)}Z" fill="${index % 3 === 0 ? light : tone}" opacity="${index % 3 === 0 ? '.8' : '.9'}"/>`
  })
  return beams.join('') + circle(x, 330, 150, `fill="${deep}"`) +
    ring(x, 330, 150, light, 6) + circle(x, 300, 34, `fill="${note}"`)
}

/** A staff with notes; one of them is held. */
const staff: Draw = (next, { tone, light, note }) => {
  const lift = 20 + next() * 40
  const line = (y: number) => `<path d="M-10 ${n(y)}C200 ${n(y - lift)} 420 ${n(y + lift)} 650 ${n(y)}" fill="none" stroke="${light}" stroke-width="3" opacity=".75"/>`
  const notes = Array.from({ length: 6 }, (_, index) => {
    const x = 70 + index * 96 + next() * 20
    const y = 190 + Math.floor(next() * 7) * 17
    return `<g transform="rotate(-18 ${n(x)} ${n(y)})"><ellipse cx="${n(x)}" cy="${n(y)}" rx="21" ry="15" fill="${tone}"/></g><path d="M${n(x + 19)} ${n(y - 6)}V${n(y - 96)}" stroke="${tone}" stroke-width="6"/>`
  })
  const x = 180 + next() * 280
  return [170, 204, 238, 272, 306].map(line).join('') + notes.join('') +
    `<path d="M${n(x - 90)} 120C${n(x - 90)} 60 ${n(x - 50)} 26 ${n(x)} 26S${n(x + 90)} 60 ${n(x + 90)} 120C${n(x + 76)} 76 ${n(x + 44)} 56 ${n(x)} 56S${n(x - 76)} 76 ${n(x - 90)} 120Z" fill="${light}"/>` +
    circle(x, 108, 18, `fill="${note}"`)
}

/** A beam that falls on a screen, or a word into a room. */
const beam: Draw = (next, { tone, light, note, deep }) => {
  const y = 60 + next() * 240
  const rings = Array.from({ length: 9 }, (_, index) =>
    ring(96, y, 70 + index * 66, index % 2 ? tone : light, index % 2 ? 18 : 3))
  return `<path d="M96 ${n(y)}L700 ${n(y - 190)}V${n(y + 230)}Z" fill="${deep}" opacity=".6"/>` + rings.join('') + circle(96, y, 34, `fill="${note}"`)
}

/** Balls in the air, and the arcs they fly. */
const play: Draw = (next, { tone, light, note, deep }) => {
  const arcs = Array.from({ length: 6 }, (_, index) => {
    const x = 40 + index * 112 + next() * 30
    const r = 60 + next() * 90
    return circle(x, 400, r, `fill="${[tone, deep, light][index % 3]}" opacity=".92"`) + ring(x, 400, r + 16, light, 3)
  })
  return arcs.join('') + circle(150 + next() * 340, 90 + next() * 60, 38, `fill="${note}"`)
}

const drawings: Record<string, Draw> = {
  music: hall, theatre: stage, comedy: play, sports: track, family: play, festival: rays,
  school: staff, talk: beam, film: beam,
}

/** @param name anything; only its letters count for the seed, none reaches the picture */
export function drawArtwork (category: string, name: string): string {
  const next = numbersFrom(`${name}/${category}`)
  next()
  const colours = palettes[Math.floor(next() * palettes.length)] ?? palettes[0]!
  // The word is an address's: `__proto__` is in every object, and no drawing.
  const draw = Object.hasOwn(drawings, category) ? drawings[category]! : hall
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" preserveAspectRatio="xMidYMid slice">` +
    `<rect width="${width}" height="${height}" fill="${colours.ground}"/>${draw(next, colours)}</svg>`
}
