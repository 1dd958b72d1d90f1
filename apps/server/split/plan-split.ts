import { serviceNames, services, type ServiceName } from '@fermata/contracts/services'

/** A service, or the pages. */
export type Part = ServiceName | 'web'
export const parts: readonly Part[] = [...serviceNames, 'web']

export type Scale = Partial<Record<Part, number>>

export interface Ports {
  /**
   * Of each instance; the first has the number people know. The gateway's is the front door's: who
   * asks at the entry is to find everything.
   */
  of: Record<Part, number[]>
  front_door: number
  /** Where the pages ask on behalf of their visitors. */
  inside_door: number
  nats: number
}

/** As many of one service as a machine could want; more is a slip of the keyboard. */
const max_instances = 20
const usual_base = 8000

/** Reads `orders=2 tickets=2`. @throws with a sentence for whoever typed it */
export function parseScale (words: string[]): Scale {
  return Object.fromEntries(words.map(word => {
    const [, name = '', count = ''] = /^([a-z]+)=(\d+)$/.exec(word) ?? []
    if (!parts.includes(name as Part)) throw new Error(
      `--scale takes words like orders=2, not "${word}"; there are ${parts.join(', ')}.`)
    if (Number(count) < 1 || Number(count) > max_instances) throw new Error(
      `--scale ${word}: from 1 to ${max_instances} can run on one machine.`)
    return [name, Number(count)]
  }))
}

/**
 * Which port each process has. With the usual base they are those of the documentation; with
 * another, all lie within the 300 numbers from there.
 */
export function planPorts (base: number, scale: Scale): Ports {
  const usual = base === usual_base
  const portOf = (part: Part) => part === 'web'
    ? usual ? 3000 : base + 30
    : part === 'gateway' ? base + 10 : base + services[part].port - usual_base
  let next = base + 100
  const of = Object.fromEntries(parts.map(part => {
    const more = Array.from({ length: (scale[part] ?? 1) - 1 }, () => next++)
    return [part, [portOf(part), ...more]]
  })) as Record<Part, number[]>
  return {
    of, front_door: base, inside_door: base + 81, nats: usual ? 4222 : base + 42,
  }
}

/** Another machine, or what passes for one: a network namespace. */
export interface Place {
  /** Where its process listens and the others find it. */
  host: string
  /** What the command of its process begins with: `ip netns exec <name>`. */
  launch: readonly string[]
}

export interface Layout {
  /** Where what is here listens; the front door is always on loopback. */
  host: string
  /** Of the processes that are elsewhere, by their names. */
  places: Readonly<Record<string, Place>>
}

export interface Instance extends Place { part: Part, name: string, port: number }

/** Each process of a service or of the pages: `orders`, `orders-2`, … */
export const instancesOf = ({ of }: Ports, { host, places }: Layout): Instance[] =>
  parts.flatMap(part => of[part].map((port, index) => {
    const name = index === 0 ? part : `${part}-${index + 1}`
    return { part, name, port, host, launch: [], ...places[name] }
  }))

export const addressOf = ({ host, port }: Instance) => `${host}:${port}`
