import type { ActorName, Draft, Twist } from './drafts.ts'
import { resolve, type Known } from './known.ts'
import { rawRequests } from './raw-requests.ts'
import type { Wire } from './send.ts'

/** Makes the request that a draft stands for, with what is known now. */

export interface Sealed {
  known: Known
  /** The bearer token of somebody, if they have one. */
  tokenOf: (actor: ActorName, draft: Draft) => string | undefined
  public_origin: string
}

export function wireOf (draft: Draft, { known, tokenOf, public_origin }: Sealed): Wire {
  const { actor, target, twist } = draft
  const parts = twistValues({
    params: resolve(draft.params, known, actor) as Record<string, unknown>,
    query: resolve(draft.query, known, actor) as Record<string, unknown>,
    body: ofOneEvent(resolve(draft.body, known, actor), known),
  }, twist)
  const token = tokenOf(actor, draft)
  const headers: [string, string][] = [['host', 'localhost']]
  if (token && draft.with_cookie) {
    const { host } = new URL(public_origin)
    headers.splice(0, 1, ['host', host], ['cookie', `__Host-fermata_access=${token}`],
      ['origin', public_origin])
  } else if (token) headers.push(['authorization', `Bearer ${token}`])
  else if (target.is === 'page') headers.push(['origin', public_origin])
  if (draft.key !== null) headers.push(['idempotency-key', `fuzz-key-${draft.key}-${actor}`])
  const wire = target.is === 'page' ? pageWire(draft, parts, headers) : routeWire(draft, parts, headers)
  return twistWire(wire, draft, token ?? '')
}

/** An order names the event of what it wants. */
function ofOneEvent (body: unknown, known: Known): unknown {
  const { items } = Object(body) as { items?: { ticket_type_id: string }[] }
  const [wanted] = Array.isArray(items) ? items : []
  const event_id = wanted && known.eventOf(wanted.ticket_type_id)
  return event_id ? { ...body as object, event_id } : body
}

interface Parts { params: Record<string, unknown>, query: Record<string, unknown>, body: unknown }

/** Whatever the values are, the path is written; nothing is refused here. */
function addressOf (path: string, { params, query }: Parts): string {
  const encode = (value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value) ?? ''
    return text.isWellFormed() ? encodeURIComponent(text) : '%ed%a0%80'
  }
  const filled = path.replace(/\{(\w+)\}|:(\w+)|\*/g, (_, braced: string, colon: string) =>
    encode(params[braced ?? colon] ?? 'nothing'))
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`)
  return pairs.length > 0 ? `${filled}?${pairs.join('&')}` : filled
}

function routeWire ({ target }: Draft, parts: Parts, headers: [string, string][]): Wire {
  const { route } = (target as Draft['target'] & { is: 'route' }).served
  const path = addressOf(route.path, parts)
  if (parts.body === undefined) {
    return { method: route.method, path, headers, body: null, raw: null }
  }
  const media_type = (route.body as { contentMediaType?: string } | undefined)?.contentMediaType
  const body = media_type && typeof parts.body === 'string' ? parts.body : JSON.stringify(parts.body)
  return { method: route.method, path, body, raw: null,
    headers: [...headers, ['content-type', media_type ?? 'application/json']] }
}

function pageWire (draft: Draft, parts: Parts, headers: [string, string][]): Wire {
  const { path } = draft.target as Draft['target'] & { is: 'page' }
  const address = addressOf(path, parts)
  const asked = draft.data
    ? address.replace(/^\/(?=\?|$)/, '/_').replace(/(?=\?)|$/, '.data') : address
  if (!draft.posts) return { method: 'GET', path: asked, headers, body: null, raw: null }
  const fields = Object.entries(Object(parts.body) as object)
  const texts = fields.map(([name, value]): [string, string] =>
    [name, typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value) ?? ''])
  return { method: 'POST', path: asked, body: new URLSearchParams(texts).toString(), raw: null,
    headers: [...headers, ['content-type', 'application/x-www-form-urlencoded']] }
}

/** Every place in which a value stands, as its holder and name. */
export function placesIn (value: unknown, found: [Record<string, unknown>, string][] = []) {
  if (typeof value !== 'object' || value === null) return found
  for (const name of Object.keys(value)) {
    found.push([value as Record<string, unknown>, name])
    placesIn((value as Record<string, unknown>)[name], found)
  }
  return found
}

function twistValues (parts: Parts, twist: Twist | null): Parts {
  if (twist?.at !== 'value' && twist?.at !== 'gone' && twist?.at !== 'extra') return parts
  const places = placesIn(parts).filter(([holder, name]) =>
    holder !== parts as unknown || (name === 'body' && parts.body !== undefined))
  const found = places[twist.place % Math.max(places.length, 1)]
  if (!found) return parts
  const [holder, name] = found
  if (twist.at === 'value') holder[name] = twist.value
  else if (twist.at === 'gone') delete holder[name]
  else if (!Array.isArray(holder)) holder[['id', 'roles', 'is_admin', 'user_id'][twist.place % 4]!] = 'x'
  return parts
}

const withPath = (path: string, number: number, odd: string): string => {
  const [before, query] = [path.split('?')[0]!, path.split('?')[1]]
  if (number % 2 === 0 || odd.startsWith('?')) {
    return odd.startsWith('?') && query ? `${path}&${odd.slice(1)}` : before + odd + (query ? `?${query}` : '')
  }
  const parts = before.split('/')
  parts[1 + number % Math.max(parts.length - 1, 1)] = odd.replace(/^\//, '')
  return parts.join('/') || '/'
}

function doubled (wire: Wire, number: number): Wire {
  const question = wire.path.indexOf('?')
  if (number % 2 === 0 && question > 0) {
    return { ...wire, path: `${wire.path}&${wire.path.slice(question + 1).split('&')[0]}` }
  }
  return { ...wire, headers: [...wire.headers, wire.headers[number % wire.headers.length]!] }
}

function twistWire (wire: Wire, { target, twist }: Draft, token: string): Wire {
  if (twist === null) return wire
  const others = (name: string) => wire.headers.filter(([other]) => other !== name)
  if (twist.at === 'path') return { ...wire, path: withPath(wire.path, twist.place, twist.text) }
  if (twist.at === 'doubled') return doubled(wire, twist.place)
  if (twist.at === 'header') {
    const [name, value] = twist.header
    return { ...wire, headers: [...others(name), [name, value]] }
  }
  if (twist.at === 'type') {
    return { ...wire, headers: [...others('content-type'), ['content-type', twist.type]] }
  }
  if (twist.at === 'body' && wire.method !== 'GET') {
    const type: [string, string][] = wire.body === null ? [['content-type', 'application/json']] : []
    return { ...wire, headers: [...wire.headers, ...type],
      body: twist.body.replaceAll('BODY', () => wire.body ?? '{}') }
  }
  if (twist.at === 'method') return { ...wire, method: twist.method }
  if (twist.at === 'raw') return { ...wire, raw: rawRequests[twist.template]!
    .replaceAll('METHOD', target.is === 'route' ? target.served.route.method : 'GET')
    .replaceAll('PATH', wire.path).replaceAll('TOKEN', token) }
  return wire
}
