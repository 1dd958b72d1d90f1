import { box, disc, dome, line, mix, number, path, polygon, ring, times, turned,
  type Brush } from './artwork-brush.ts'

/** Motifs that are made of shapes alone: sound, stage, pitch, and a pattern for everything else. */

export const music = (paint: Brush) => paint.pick([waves, equalizer, record])(paint)

/** A sun over a sea of sound. */
function waves ({ w, h, u, colors, between, beat }: Brush): string {
  const { a, b, c, ink, light, shade } = colors
  const sun_x = between(0.3, 0.7) * w
  const sun = disc(sun_x, h * 0.4, 30 * u, a) + ring(sun_x, h * 0.4, 35 * u, a, 0.6 * u, 0.7) +
    ring(sun_x, h * 0.4, 40 * u, a, 0.4 * u, 0.45) + ring(sun_x, h * 0.4, 46 * u, a, 0.3 * u, 0.28)
  const fills = [b, light, c, shade, a, ink]
  const layers = fills.map((fill, index) => {
    const y = h * (0.47 + index * 0.088)
    const swing = (2.4 + beat(index) * 5) * u
    const length = w / (1.4 + beat(index + 3) * 1.6)
    const d: (string | number)[] = ['M', 0, h, 'L', 0, y]
    const start = -between(0, 1) * length
    d.splice(5, 1, y)
    d[4] = start
    for (let x = start; x < w; x += length) {
      d.push('C', x + length * 0.25, y - swing * 2, x + length * 0.25, y - swing * 2, x + length / 2,
        y,
        'S', x + length * 0.75, y + swing * 2, x + length, y)
    }
    return path([...d, 'L', w + length, h, 'L', start, h, 'Z'], fill)
  }).join('')
  return sun + layers
}

/** The title as a meter of loudness, mirrored around a horizon. */
function equalizer ({ w, h, u, colors, between, beat }: Brush): string {
  const { a, b, c, ink, light } = colors
  const bars = Math.round(w / (7.2 * u))
  const step = w / bars
  const middle = h * 0.52
  const peak = between(0.35, 0.65)
  const back = disc(w * peak, middle, 36 * u, ink, 0.85) +
    ring(w * peak, middle, 41 * u, colors.line, 0.35 * u, 0.5) +
    ring(w * peak, middle, 47 * u, colors.line, 0.3 * u, 0.3)
  return back + times(bars, index => {
    const near = Math.exp(-(((index + 0.5) / bars - peak) ** 2) / 0.07)
    const height = (5 + near * (20 + beat(index) * 38)) * u * (h > w ? 1.05 : 0.78)
    const fill = [a, b, a, c, light][Math.floor(beat(index + 5) * 4.99)]!
    const x = index * step + step * 0.2
    return box(x, middle - height * 0.62, step * 0.6, height * 0.62 - 0.6 * u, fill, step * 0.3) +
      box(x, middle + 0.6 * u, step * 0.6, height * 0.38, fill, step * 0.3, 0.55)
  })
}

/** A record, half outside, and a stave with the title's notes. */
function record ({ w, h, u, colors, between, beat, pick }: Brush): string {
  const { a, b, c, ink, light } = colors
  const x = pick([0.22, 0.78]) * w
  const y = h * between(0.34, 0.44)
  const r = 48 * u
  const turn = between(0, 360)
  const grooves = times(9,
    index => ring(x, y, r * (0.42 + index * 0.06), light, 0.18 * u, 0.16 + (index % 3) * 0.06))
  const shine = turned(turn, x, y,
    polygon([[x, y], [x + r, y - r * 0.16], [x + r, y + r * 0.16]], light, 0.13) +
    polygon([[x, y], [x - r, y - r * 0.16], [x - r, y + r * 0.16]], light, 0.13))
  const label = disc(x, y, r * 0.36, a) +
    path(['M', x - r * 0.36, y, 'A', r * 0.36, r * 0.36, 0, 0, 0, x + r * 0.36, y, 'Z'], b) +
    disc(x, y, r * 0.05, ink)
  const disk = `<g>${disc(x, y, r * 1.06, c)}${disc(x, y, r, ink)}${grooves}<clipPath id="r"><circle cx="${number(x)}" cy="${number(y)}" r="${number(r)}"/></clipPath>` +
    `<g clip-path="url(#r)">${shine}</g>${label}</g>`
  const top = h * 0.68
  const gap = 4.4 * u
  const bend = between(-9, 9) * u
  const stave = times(5,
    index => line(['M', -10, top + index * gap, 'C', w * 0.3, top + index * gap - bend, w * 0.7,
    top + index * gap + bend, w + 10, top + index * gap], colors.line, 0.45 * u, 0.8))
  const notes = Math.round(w / (15 * u))
  const score = times(notes, index => {
    const t = (index + 0.6) / notes
    const drift = bend * Math.sin(t * Math.PI * 2) * -0.29
    const note_y = top + Math.round(beat(index) * 7) * gap / 2 + drift
    const note_x = t * w
    const fill = [a, colors.line, c][index % 3]!
    return box(note_x + 1.8 * u, note_y - 15 * u, 0.8 * u, 15 * u, fill) +
      turned(-18, note_x, note_y,
      `<ellipse cx="${number(note_x)}" cy="${number(note_y)}" rx="${number(2.7 * u)}" ry="${number(2 * u)}" fill="${fill}"/>`)
  })
  return disk + stave + score
}

/** Curtains that open on an arch of light, and those who came to see. */
export function theatre ({ w, h, u, colors, between, beat, pick }: Brush): string {
  const { a, b, c, ink, light, glow } = colors
  const floor = h * 0.8
  const x = w / 2
  const moon = pick([true, false])
  const fills = pick([[b, light, c, b], [c, b, light, a], [light, b, c, ink]])
  const reach = Math.min(w * 0.44, floor * 0.8)
  const arches = fills.map((fill, index) =>
    dome(x, floor, reach * (1 - index * 0.22), fill)).join('')
  const actor = moon ? disc(x + between(-8, 8) * u, floor - 16 * u, 6.5 * u, a) : dome(x, floor,
    reach * 0.14, a)
  const beams = polygon([[x - 34 * u, 0], [x - 30 * u, 0], [x + 20 * u, floor],
    [x - 18 * u, floor]], glow, 0.16) +
    polygon([[x + 34 * u, 0], [x + 30 * u, 0], [x - 20 * u, floor], [x + 18 * u, floor]], glow,
      0.16)
  const stage = box(0, floor, w, h - floor, ink) + box(0, floor, w, 1.4 * u, light, 0, 0.8)
  const crowd = mix(ink, light, 0.2)
  const seats = Math.round(w / (12 * u))
  const heads = times(seats, index => {
    const head_x = (index + 0.5) * w / seats
    const size = (3.8 + beat(index) * 1.1) * u
    const top = h - 9 * u - beat(index + 2) * 2.4 * u
    return disc(head_x, top, size, crowd) + dome(head_x, h + 3 * u, 7 * u, crowd)
  })
  return arches + actor + beams + stage + heads + drape({ w, h, u, colors, floor }, false) +
    drape({ w, h, u, colors, floor }, true)
}

/** One side of the curtain: folds that are gathered at half height and fall to the floor. */
function drape ({ w, h, u, colors, floor }: Pick<Brush, 'w' | 'h' | 'u' | 'colors'> & { floor: number },
  right: boolean): string {
  const folds = 6
  const wide = w > h ? w * 0.2 : w * 0.3
  const at = (x: number) => right ? w - x : x
  const tie = floor * 0.62
  const cloth = times(folds, index => {
    const top = [index, index + 1].map(i => wide * i / folds * 1.28)
    const knot = [index, index + 1].map(i => wide * (0.02 + i / folds * 0.42))
    const foot = [index, index + 1].map(i => wide * i / folds * 0.72)
    return path(['M', at(top[0]!), 0, 'C', at(top[0]!), tie * 0.6, at(knot[0]!), tie * 0.8,
      at(knot[0]!), tie,
      'C', at(knot[0]!), tie * 1.1, at(foot[0]!), floor * 0.9, at(foot[0]!), floor + 2 * u,
      'L', at(foot[1]!), floor + 2 * u, 'C', at(foot[1]!), floor * 0.9, at(knot[1]!), tie * 1.1,
        at(knot[1]!), tie,
      'C', at(knot[1]!), tie * 0.8, at(top[1]!), tie * 0.6, at(top[1]!), 0, 'Z'], colors.a) +
      (index % 2 === 1 ? path(['M', at(top[0]!), 0, 'C', at(top[0]!), tie * 0.6, at(knot[0]!),
        tie * 0.8, at(knot[0]!), tie,
        'C', at(knot[0]!), tie * 1.1, at(foot[0]!), floor * 0.9, at(foot[0]!), floor + 2 * u,
        'L', at(foot[1]!), floor + 2 * u, 'C', at(foot[1]!), floor * 0.9, at(knot[1]!), tie * 1.1,
          at(knot[1]!), tie,
        'C', at(knot[1]!), tie * 0.8, at(top[1]!), tie * 0.6, at(top[1]!), 0, 'Z'], colors.ink,
          0.22) : '')
  })
  const band = box(right ? w - wide * 0.46 : 0, tie - 1.4 * u, wide * 0.46, 2.8 * u, colors.b,
    1.2 * u)
  return cloth + band
}

export const sports = (paint: Brush) => paint.pick([pitch, lanes])(paint)

/** A pitch from above, mown in stripes, and a ball on its way. */
function pitch ({ w, h, u, colors, between, pick }: Brush): string {
  const { a, b, c, ink, light, line: chalk } = colors
  const cx = w * 0.5
  const cy = h * 0.52
  const half = Math.hypot(w, h)
  const stripes = times(14,
    index => index % 2 ? '' : box(cx - half, cy - half + index * half / 7, half * 2, half / 7, ink,
      0, 0.16))
  const width = 0.9 * u
  const area = (y: number, side: number) =>
    line(['M', cx - 26 * u, y, 'L', cx - 26 * u, y + side * 24 * u, 'L', cx + 26 * u,
    y + side * 24 * u, 'L', cx + 26 * u, y], chalk, width, 0.9) +
    line(['M', cx - 11 * u, y + side * 24 * u, 'A', 13 * u, 13 * u, 0, 0, side > 0 ? 0 : 1, cx +
      11 * u, y + side * 24 * u], chalk, width, 0.9)
  const lines = line(['M', cx - half, cy, 'L', cx + half, cy], chalk, width, 0.9) +
    ring(cx, cy, 21 * u, chalk, width, 0.9) +
    disc(cx, cy, 1.4 * u, chalk) + area(cy - 74 * u, 1) + area(cy + 74 * u, -1) +
    line(['M', cx - 60 * u, cy - 74 * u, 'L', cx + 60 * u, cy - 74 * u], chalk, width, 0.9) +
    line(['M', cx - 60 * u, cy + 74 * u, 'L', cx + 60 * u, cy + 74 * u], chalk, width, 0.9)
  const side = pick([-1, 1])
  const ball = { x: cx + side * between(12, 22) * u, y: h * between(0.3, 0.38), r: 13 * u }
  const flight = line(['M', cx - side * 52 * u, h * 1.02, 'Q', cx - side * 34 * u, ball.y + 6 * u,
    ball.x, ball.y], b, 1.2 * u, 1,
    `${number(0.1 * u)} ${number(3.4 * u)}`)
  const players = [a, c].map((fill, team) => times(4, () => {
    const x = between(0.08, 0.92) * w
    const y = between(0.45, 0.95) * h
    return disc(x, y, 2.6 * u, fill) + ring(x, y, 2.6 * u, team ? ink : light, 0.5 * u)
  })).join('')
  return turned(side * between(14, 24), cx, cy, stripes + lines) + players + flight +
    football(ball, colors)
}

function football ({ x, y, r }: { x: number, y: number, r: number },
  { ink, light, a }: Brush['colors']): string {
  const corner = (radius: number, index: number, turn = 0): [number, number] => {
    const angle = -Math.PI / 2 + (index + turn) * Math.PI * 2 / 5
    return [x + Math.cos(angle) * radius, y + Math.sin(angle) * radius]
  }
  const patch = polygon([0, 1, 2, 3, 4].map(index => corner(r * 0.36, index)), ink)
  const seams = times(5,
    index => line(['M', ...corner(r * 0.36, index), 'L', ...corner(r * 0.72, index)], ink, r * 0.06) +
    polygon([corner(r * 0.7, index), corner(r * 0.97, index, -0.26), corner(r * 0.97, index, 0.26)],
      ink))
  return disc(x + r * 0.12, y + r * 0.14, r * 1.04, ink, 0.3) + disc(x, y, r * 1.07, a) +
    disc(x, y, r, light) + patch + seams
}

/** The bend of a running track, and the sun over it. */
function lanes ({ w, h, u, colors, between, beat, pick }: Brush): string {
  const { a, b, c, ink, light } = colors
  const right = pick([true, false])
  const cx = right ? w * 0.98 : w * 0.02
  const cy = h * 1.02
  const fills = [a, b, a, c, a, b, a]
  const outer = Math.max(w, h) * 0.98
  const step = outer * 0.095
  const sun = disc(right ? w * 0.26 : w * 0.74, h * between(0.16, 0.24), 12 * u, b)
  const track = fills.map((fill, index) => disc(cx, cy, outer - index * step, fill) +
    ring(cx, cy, outer - index * step, light, 0.6 * u, 0.95)).join('') +
      disc(cx, cy, outer - fills.length * step, ink)
  const runners = times(4, index => {
    const lane = outer - (index * 1.7 + 0.5) * step
    const angle = (right ? Math.PI : 0) + (right ? 1 : -1) * (0.3 + beat(index) * 0.9)
    const x = cx + Math.cos(angle) * lane
    const y = cy + Math.sin(angle) * lane
    const trail = times(4, dot => {
      const back = angle - (right ? 1 : -1) * (dot + 1) * 0.05
      return disc(cx + Math.cos(back) * lane, cy + Math.sin(back) * lane, (2.1 - dot * 0.45) * u,
        light, 0.7 - dot * 0.15)
    })
    return trail + disc(x, y, 3 * u, ink) + disc(x, y, 2 * u, light)
  })
  return sun + track + runners
}

/** Quarter discs and half discs on a grid, as from a box of wooden blocks. */
export function other ({ w, h, colors, pick, between, beat }: Brush): string {
  const { a, b, c, ink, light, shade } = colors
  const columns = w > h ? 6 : 4
  const size = w / columns
  const rows = Math.ceil(h / size)
  const fills = [a, b, c, ink, light]
  return times(rows * columns, index => {
    const x = (index % columns) * size
    const y = Math.floor(index / columns) * size
    const back = pick([shade, shade, ...fills])
    const fill = pick(fills.filter(one => one !== back))
    const kind = Math.floor((beat(index) + between(0, 1)) * 3) % 6
    const ground = back === shade ? '' : box(x, y, size + 0.5, size + 0.5, back)
    const middle = [x + size / 2, y + size / 2] as const
    const shapes = [
      path(['M', x, y, 'L', x + size, y, 'A', size, size, 0, 0, 1, x, y + size, 'Z'], fill),
      disc(...middle, size * 0.36, fill) +
        disc(...middle, size * 0.15, back === shade ? ink : back),
      path(['M', x, y, 'A', size / 2, size / 2, 0, 0, 0, x + size, y, 'Z'], fill) +
        path(['M', x, y + size, 'A', size / 2, size / 2, 0, 0, 1, x + size, y + size, 'Z'], fill),
      polygon([[x, y], [x + size, y + size], [x, y + size]], fill),
      times(4, stripe => box(x, y + stripe * size / 4, size, size / 8, fill)),
      path(['M', x, y, 'L', x + size, y, 'A', size, size, 0, 0, 1, x, y + size, 'Z'], fill) +
        path(['M', x, y, 'L', x + size / 2, y, 'A', size / 2, size / 2, 0, 0, 1, x, y + size / 2, 'Z'],
          ink),
    ]
    return ground + turned(pick([0, 90, 180, 270]), ...middle, shapes[kind]!)
  })
}
