import type { ActorName } from './drafts.ts'
import { Lookup } from './values.ts'

/**
 * What answers have told so far. Ids are for everybody: whoever asks with another's must not get
 * through. Secrets (an order's token, a ticket's code) are kept apart for each who was given them.
 */
export interface Known {
  add: (kind: string, value: string, actor: ActorName) => void
  look: (kind: string, number: number, actor: ActorName) => string
  /** What is sold belongs to one event; an order that mixed them would never be placed. */
  belongs: (id: string, event_id: string) => void
  eventOf: (id: string) => string | undefined
}

const secrets = new Set(['order_token', 'ticket_code', 'link_token', 'refresh_token', 'challenge',
  'queue_token', 'queue_pass', 'promo_code', 'access_code', 'recovery_code'])
/** Beyond that the middle is forgotten: what was there from the start is asked for again and again. */
const max_of_a_kind = 80
const kept_from_the_start = 10

/** Fits where nothing of the kind is known yet. */
const nobody = '0198f3c0-0000-7000-8000-00000000dead'

export function createKnown (): Known {
  const lists = new Map<string, string[]>()
  const events = new Map<string, string>()
  const nameOf = (kind: string, actor: ActorName) => secrets.has(kind) ? `${kind} ${actor}` : kind
  return {
    add (kind, value, actor) {
      const name = nameOf(kind, actor)
      const list = lists.get(name) ?? []
      lists.set(name, list)
      if (list.includes(value)) return
      list.push(value)
      if (list.length > max_of_a_kind) list.splice(kept_from_the_start, 1)
    },
    look (kind, number, actor) {
      if (kind === 'moment') return momentIn(number)
      const list = lists.get(nameOf(kind, actor)) ?? []
      if (list.length === 0) return secrets.has(kind) ? 'a'.repeat(24) : nobody
      return list.at(-1 - number % list.length)!
    },
    belongs: (id, event_id) => { events.set(id, event_id) },
    eventOf: id => events.get(id),
  }
}

/** In UTC, or as a clock one hour east of it says the same. */
function momentIn (days: number): string {
  const at = Date.now() + days * 86_400_000
  return days % 2 === 0 ? new Date(at).toISOString()
    : new Date(at + 3_600_000).toISOString().replace(/\.\d+Z$/, '+01:00')
}

/** A copy in which everything that had to be looked up has been. */
export function resolve (value: unknown, known: Known, actor: ActorName): unknown {
  if (value instanceof Lookup) return known.look(value.kind, value.number, actor)
  if (Array.isArray(value)) return value.map(one => resolve(one, known, actor))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) =>
    [name, resolve(one, known, actor)]))
}

const max_depth = 6

/** Field names whose values are of use later; `id` is of whatever kind the route is about. */
const kinds: Record<string, string> = {
  access_token: 'order_token', refresh_token: 'refresh_token', challenge: 'challenge',
  slug: 'slug', next_cursor: 'cursor', pass: 'queue_pass',
}

/** @param kind of the ids that the answer is about */
export function learn (
  answer: unknown, { kind, known, actor }: { kind: string, known: Known, actor: ActorName },
  depth = 0
): void {
  if (typeof answer !== 'object' || answer === null || depth > max_depth) return
  const { id, event_id } = answer as { id?: unknown, event_id?: unknown }
  if (typeof id === 'string' && typeof event_id === 'string') known.belongs(id, event_id)
  for (const [name, value] of Object.entries(answer)) {
    if (typeof value === 'object') {
      learn(value, { kind: kindWithin(name, kind), known, actor }, depth + 1)
      continue
    }
    if (typeof value !== 'string' || value.length > 4000) continue
    if (name === 'id') known.add(kind, value, actor)
    else if (name.endsWith('_id')) known.add(name.slice(0, -3), value, actor)
    else if (name === 'access_token' && kind !== 'order') continue
    else if (name === 'code' && kind === 'ticket') known.add('ticket_code', value, actor)
    else if (name === 'code' && kind === 'promo_code') known.add('promo_code', value, actor)
    else if (name === 'token' && value.startsWith('fq_')) known.add('queue_token', value, actor)
    else if (kinds[name]) known.add(kinds[name], value, actor)
    for (const [, token] of value.matchAll(/[?&]token=([\w.~-]+)/g)) {
      known.add('link_token', token!, actor)
    }
  }
}

const kindWithin = (name: string, kind: string) =>
  /^(event|ticket|order|payment|user|organizer)$/.test(name) ? name : kind
