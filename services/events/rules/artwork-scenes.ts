import {
  box, bunting, disc, dome, hill, line, mix, number, path, polygon, rays, ring, star, times, turned,
    type Brush,
} from './artwork-brush.ts'

/** Motifs that show a scene: a laugh, a conversation, a fair, a night, a class, a screen. */

/** A face that laughs, before a burst. */
export function comedy ({ w, h, u, colors, between, pick }: Brush): string {
  const { a, b, c, ink, light } = colors
  const x = w * between(0.44, 0.56)
  const y = h * 0.53
  const r = 34 * u
  const [face, tongue] = pick([[a, c], [b, a]] as const)
  const burst = rays(x, y, w + h, 14, c, 0.5, between(0, 1)) + disc(x, y, r * 1.28, ink, 0.2)
  const mouth = `<clipPath id="m"><path d="M${number(x - r * 0.66)} ${number(y + r * 0.06)}A${number(r * 0.66)} ${number(r * 0.66)} 0 0 0 ${number(x + r * 0.66)} ${number(y + r * 0.06)}Z"/></clipPath>` +
    `<g clip-path="url(#m)">${box(x - r, y, r * 2, r, ink)}${box(x - r, y, r * 2, r * 0.2, light)}${disc(x + r * 0.12, y + r * 0.72, r * 0.36, tongue)}</g>`
  const eye = pick([closedEye, closedEye, starEye])
  const eyes = eye(x - r * 0.36, y - r * 0.28, r * 0.2, ink) +
    eye(x + r * 0.36, y - r * 0.28, r * 0.2, ink)
  const cheeks = disc(x - r * 0.76, y - r * 0.02, r * 0.12, light, 0.3) +
    disc(x + r * 0.76, y - r * 0.02, r * 0.12, light, 0.3)
  const brows = line(['M', x - r * 0.6, y - r * 0.62, 'q', r * 0.22, -r * 0.16, r * 0.4, -r * 0.04],
    ink, r * 0.05) +
    line(['M', x + r * 0.6, y - r * 0.66, 'q', -r * 0.22, -r * 0.16, -r * 0.4, r * 0.02], ink,
      r * 0.05)
  return burst + turned(between(-14, 14), x, y, disc(x, y, r, face) + mouth + eyes + cheeks + brows)
}

const closedEye = (x: number, y: number, r: number, fill: string) =>
  line(['M', x - r, y + r * 0.3, 'A', r, r, 0, 0, 1, x + r, y + r * 0.3], fill, r * 0.36)
const starEye = (x: number, y: number, r: number, fill: string) =>
  star(x, y, r * 1.15, fill, 5, 0.45)

/** A conversation: what is said in lines of the title's rhythm, and what it stirs up. */
export function talk ({ w, h, u, colors, between, beat, pick }: Brush): string {
  const { a, b, c, ink, light } = colors
  const left = pick([true, false])
  const at = (x: number) => left ? x : w - x
  const circles = times(5,
    index => ring(at(w * 0.72), h * 0.3, (29 + index * 7) * u, colors.line, 0.4 * u,
      0.5 - index * 0.09))
  const sun = disc(at(w * 0.72), h * 0.3, 24 * u, b)
  const big = bubble({ x: at(w * 0.42), y: h * 0.42, w: 70 * u, h: 42 * u, fill: a,
    tail: left ? -1 : 1, u })
  const small = bubble({ x: at(w * 0.64), y: h * 0.76, w: 60 * u, h: 32 * u, fill: light,
    tail: left ? 1 : -1, u })
  const words = (x: number, y: number, width: number, rows: number, fill: string, from: number) =>
    times(rows, row => {
    const size = 3.2 * u
    const first = width * (0.25 + beat(from + row) * 0.4)
    const second = (width - first - 2.4 * u) * (0.5 + beat(from + row + 4) * 0.5)
    return box(x - width / 2, y + row * 6.6 * u, first, size, fill, size / 2) +
      box(x - width / 2 + first + 2.4 * u, y + row * 6.6 * u, second, size, fill, size / 2, 0.6)
  })
  const said = words(at(w * 0.42), h * 0.42 - 11.4 * u, 52 * u, 4, ink, 0) +
    words(at(w * 0.64), h * 0.76 - 8.2 * u, 44 * u, 3, c, 6)
  const ground = hill(w, h, h * 0.93, 2 * u, between(0, 6), ink)
  return circles + sun + ground + big + small + said
}

interface Bubble { x: number, y: number, w: number, h: number, fill: string, tail: number,
  u: number }

function bubble ({ x, y, w, h, fill, tail, u }: Bubble): string {
  const foot = x + tail * w * 0.26
  return box(x - w / 2, y - h / 2, w, h, fill, Math.min(h, w) * 0.32) +
    path(['M', foot - 7 * u, y + h / 2 - 3 * u, 'Q', foot, y + h / 2 + 6 * u, foot + tail * 9 * u, y +
      h / 2 + 10 * u,
      'Q', foot + tail * 1 * u, y + h / 2 + 5 * u, foot + 7 * u, y + h / 2 - 3 * u, 'Z'], fill)
}

/** Tents between hills, under a sun with rays. */
export function festival ({ w, h, u, colors, between, beat }: Brush): string {
  const { a, b, c, ink, light } = colors
  const crowd = mix(ink, light, 0.22)
  const x = w * between(0.4, 0.6)
  const horizon = h * 0.66
  const sky = rays(x, horizon, w + h, 18, b, 0.3, between(0, 0.3)) + dome(x, horizon, 25 * u, b) +
    dome(x, horizon, 18 * u, light, 0.5)
  const pennant = (h > w ? 6.4 : 8.4) * u
  const flags = bunting([-2 * u, 6 * u], [w * 0.5, 4 * u], 8 * u, pennant, [a, light, c, b],
    colors.line) +
    bunting([w * 0.5, 4 * u], [w + 2 * u, 6 * u], 8 * u, pennant, [c, b, a, light], colors.line)
  const far = hill(w, h, horizon, 2.4 * u, between(0, 6), c)
  const tents = [0.2, 0.8, 0.5].map((place, index) =>
    tent(w * place + between(-3, 3) * u, h * (index === 2 ? 0.88 : 0.79),
      (index === 2 ? 46 : 30) * u * (0.92 + beat(index) * 0.16), colors, index)).join('')
  const near = hill(w, h, h * 0.87, 2 * u, between(0, 6), ink)
  const room = (h > w ? 8 : 13) * u
  const people = times(Math.round(w / room), index => {
    const person_x = (index + 0.5) * room
    const top = h * 0.955 - beat(index) * 2.6 * u
    return disc(person_x, top, 1.9 * u, crowd) +
      box(person_x - 2.1 * u, top + 2.2 * u, 4.2 * u, 20 * u, crowd, 2 * u)
  })
  return sky + flags + far + tents + near + people
}

/** A striped big top with a flag. */
function tent (x: number, foot: number, size: number, { a, b, ink, light }: Brush['colors'],
  index: number): string {
  const [one, two] = [[a, light], [light, a], [a, light]][index]!
  const top = foot - size * 0.86
  const eaves = foot - size * 0.36
  const half = size * 0.56
  const stripes = 8
  const roof = times(stripes, stripe => {
    const x1 = x - half + stripe * half * 2 / stripes
    return polygon([[x, top], [x1, eaves], [x1 + half * 2 / stripes + 0.4, eaves]],
      stripe % 2 ? one! : two!)
  })
  const wall = times(stripes,
    stripe => box(x - half * 0.86 + stripe * half * 1.72 / stripes, eaves, half * 1.72 / stripes +
      0.4,
    size * 0.5, stripe % 2 ? two! : one!)) +
      box(x - half * 0.86, eaves, half * 1.72, size * 0.5, ink, 0, 0.14)
  const scallops = times(stripes, stripe => {
    const r = half / stripes
    return path(['M', x - half + stripe * r * 2, eaves, 'a', r, r, 0, 0, 0, r * 2, 0, 'Z'],
      stripe % 2 ? one! : two!)
  })
  const door = path(['M', x - size * 0.1, foot + size * 0.1, 'L', x, eaves + size * 0.06, 'L', x +
    size * 0.1, foot + size * 0.1, 'Z'], ink)
  const mast = line(['M', x, top + 1, 'L', x, top - size * 0.14], ink, size * 0.018) +
    polygon([[x, top - size * 0.15], [x + size * 0.14, top - size * 0.11], [x, top - size * 0.06]],
      b)
  return wall + door + roof + scallops + mast
}

/** A night with a moon, and balloons on their way to it. */
export function family ({ w, h, u, colors, between, beat, pick }: Brush): string {
  const { a, b, c, ink, light } = colors
  const left = pick([true, false])
  const at = (x: number) => left ? x : w - x
  const moon = turned(left ? -28 : 28, at(w * 0.28), h * 0.25,
    crescent(at(w * 0.28), h * 0.25, 17 * u, left ? 1 : -1, b))
  const halo = disc(at(w * 0.28), h * 0.25, 27 * u, colors.glow, 0.1) +
    disc(at(w * 0.28), h * 0.25, 38 * u, colors.glow, 0.07)
  const stars = times(14,
    index => star(between(0.04, 0.96) * w, between(0.04, 0.56) * h, (0.9 + beat(index) * 1.8) * u,
      colors.line))
  const hills = hill(w, h, h * 0.74, 5 * u, between(0, 6), c) +
    hill(w, h, h * 0.83, 4 * u, between(0, 6), a) +
    hill(w, h, h * 0.92, 3 * u, between(0, 6), ink)
  const cloud = (x: number, y: number, size: number) => dome(x, y, size, light, 0.9) +
    dome(x - size * 1.1, y, size * 0.66, light, 0.9) +
    dome(x + size * 1.2, y, size * 0.76, light, 0.9)
  const balloons = balloon(at(w * 0.66), h * between(0.36, 0.42), 17 * u, colors) +
    balloon(at(w * 0.34), h * between(0.56, 0.6), 8.5 * u, { ...colors, a: c, b: light })
  return halo + stars + moon + cloud(at(w * 0.14), h * 0.5, 5 * u) +
    cloud(at(w * 0.9), h * 0.2, 6 * u) + balloons + hills
}

/** A moon of which two thirds are dark. */
const crescent = (x: number, y: number, r: number, side: number, fill: string) =>
  path(['M', x, y - r, 'A', r, r, 0, 1, side > 0 ? 0 : 1, x, y + r, 'A', r * 1.12, r * 1.12, 0, 0,
    side > 0 ? 1 : 0, x, y - r, 'Z'], fill)

function balloon (x: number, y: number, r: number, { a, b, ink, light }: Brush['colors']): string {
  const skin = (spread: number, fill: string) =>
    path(['M', x, y - r, 'C', x - r * 1.32 * spread, y - r, x - r * 1.2 * spread, y + r * 0.55,
      x - r * 0.26 * spread, y + r * 1.3,
      'L', x + r * 0.26 * spread, y + r * 1.3, 'C', x + r * 1.2 * spread, y + r * 0.55, x +
        r * 1.32 * spread, y - r, x, y - r, 'Z'], fill)
  const ropes = line(['M', x - r * 0.24, y + r * 1.3, 'L', x - r * 0.17, y + r * 1.66, 'M', x +
    r * 0.24, y + r * 1.3,
    'L', x + r * 0.17, y + r * 1.66], light, r * 0.035)
  return ropes + box(x - r * 0.2, y + r * 1.64, r * 0.4, r * 0.28, ink, r * 0.07) +
    box(x - r * 0.2, y + r * 1.64, r * 0.4, r * 0.08, b) +
    skin(1, a) + skin(0.68, light) + skin(0.34, b)
}

/** Pencils as a skyline, bunting above it, and a paper plane. */
export function school ({ w, h, u, colors, between, beat, pick }: Brush): string {
  const { a, b, c, ink, light } = colors
  const flags = bunting([-2 * u, 10 * u], [w + 2 * u, 5 * u], 8 * u, 7 * u, [a, b, c, light],
    colors.line)
  const sun = disc(w * between(0.25, 0.75), h * 0.5, 25 * u, b, 0.95)
  const count = Math.round(w / ((h > w ? 11.5 : 16) * u))
  const width = w / count
  const fills = [a, c, light, b]
  const pencils = times(count, index => {
    const height = (26 + beat(index) * 34) * u * (h > w ? 1 : 0.8)
    return pencil(index * width + width * 0.08, h - height, width * 0.84, h + 2,
      fills[(index * 3 + Math.floor(beat(index + 1) * 3)) % 4]!, ink, light)
  })
  const way = pick([1, -1])
  const x = w * 0.5 + way * w * between(0.1, 0.2)
  const y = h * between(0.29, 0.34)
  const trail = line(['M', w * 0.5 - way * w * 0.46, h * 0.5, 'C', w * 0.5 - way * w * 0.2, h * 0.56,
    w * 0.5 - way * w * 0.06,
    h * 0.28, w * 0.5 - way * w * 0.02, h * 0.4, 'S', x - way * 12 * u, y + 6 * u, x - way * 6 * u,
      y + 3 * u], colors.line, 0.6 * u, 0.8,
  `${number(2 * u)} ${number(1.8 * u)}`)
  const plane = polygon([[x - way * 9 * u, y - 3 * u], [x + way * 11 * u, y - 7 * u],
    [x - way * 2 * u, y + 2 * u]], light) +
    polygon([[x - way * 2 * u, y + 2 * u], [x + way * 11 * u, y - 7 * u],
      [x + way * 1 * u, y + 8 * u]], light, 0.85) +
    polygon([[x - way * 2 * u, y + 2 * u], [x + way * 11 * u, y - 7 * u],
      [x - way * 2.6 * u, y + 7 * u]], ink, 0.85)
  return sun + trail + plane + flags + pencils
}

function pencil (x: number, top: number, width: number, foot: number, fill: string, ink: string,
  light: string): string {
  const tip = width * 1.15
  const third = width / 3
  return polygon([[x, top + tip], [x + width / 2, top], [x + width, top + tip]],
    light === fill ? '#f1d9b0' : light) +
    polygon([[x + width * 0.36, top + tip * 0.3], [x + width / 2, top],
      [x + width * 0.64, top + tip * 0.3]], fill === light ? ink : fill) +
    path(['M', x, top + tip, 'q', third / 2, -third * 0.8, third, 0, 't', third, 0, 't', third, 0, 'L',
      x + width, foot, 'L', x, foot, 'Z'], fill) +
    box(x, top + tip, third, foot - top - tip, ink, 0, 0.1) +
      box(x + third * 2, top + tip, third, foot - top - tip, ink, 0, 0.22)
}

/** A reel, its light, and the film that runs from it. */
export function film ({ w, h, u, colors, between, beat, pick }: Brush): string {
  const { a, b, c, ink, light } = colors
  const left = pick([true, false])
  const at = (x: number) => left ? x : w - x
  const x = at(w * 0.3)
  const y = h * 0.3
  const r = 23 * u
  const beam = polygon([[x, y], [at(w * 1.3), h * 0.02], [at(w * 1.3), h * 0.86]], colors.glow,
    0.16) +
    polygon([[x, y], [at(w * 1.3), h * 0.22], [at(w * 1.3), h * 0.66]], colors.glow, 0.2)
  const turn = between(0, 60)
  const reel = disc(x, y, r * 1.12, c) + disc(x, y, r, ink) + turned(turn, x, y, times(6, index =>
    disc(x + Math.cos(index * Math.PI / 3) * r * 0.62, y + Math.sin(index * Math.PI / 3) * r * 0.62,
      r * 0.24, index % 2 ? a : b))) +
    disc(x, y, r * 0.2, light) + disc(x, y, r * 0.07, ink)
  const frame = 25 * u
  const frames = Math.ceil(w * 1.4 / frame)
  const top = h * 0.62
  // One path for all the holes: as boxes they would be half of the file.
  const hole = ['v', 2.6 * u, 'h', frame / 8, 'v', -2.6 * u, 'z']
  const holes = Array.from({ length: frames * 4 }, (_, index) => -w * 0.2 +
    (index + 0.25) * frame / 4)
    .flatMap(hole_x => ['M', hole_x, top + 1.6 * u, ...hole, 'M', hole_x, top + 27.8 * u, ...hole])
  const strip = box(-w * 0.2, top, w * 1.4, 32 * u, ink) + path(holes, light, 0.9) +
    times(frames, index =>
      picture(-w * 0.2 + index * frame + 1.2 * u, top + 6 * u, frame - 2.4 * u, 20 * u, colors,
        beat(index), index))
  return beam + reel + turned((left ? -1 : 1) * between(7, 13), w / 2, h * 0.78, strip)
}

/** One frame of the film: a sun that rises from picture to picture, over hills. */
function picture (x: number, y: number, w: number, h: number, { a, b, c, light, bg }: Brush['colors'],
  beat: number, index: number): string {
  const [sky, sun, land] = [[light, a, c], [a, b, bg], [b, a, c], [c, light, a]][index % 4]!
  const sun_x = x + w * (0.25 + beat * 0.5)
  return box(x, y, w, h, sky!, h * 0.06) + disc(sun_x, y + h * 0.42, h * 0.24, sun!) +
    path(['M', x, y + h * 0.66, 'Q', x + w * 0.3, y + h * (0.5 + beat * 0.2), x + w * 0.55, y +
      h * 0.7, 'T', x + w, y + h * 0.62,
      'L', x + w, y + h, 'L', x, y + h, 'Z'], land!)
}
