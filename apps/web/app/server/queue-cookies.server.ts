import { randomBytes } from 'node:crypto'
import type { RouterContextProvider } from 'react-router'
import { ourCookies, removeCookie, writeCookie } from './cookies.server.ts'
import { newCookies } from './session.server.ts'
import { visitorOf, webRequest } from './web-request.server.ts'

/** A visitor's places in waiting rooms: they survive reloads, and no script can read them. */

type Context = Readonly<RouterContextProvider>

const visitor_cookie = 'fermata_visitor'
const place_prefix = 'fermata_queue_'
/** Longer than anybody joins ahead of a sale. */
const kept_seconds = 60 * 24 * 3600
const max_places = 10

const read = (context: Context, name: string): string | undefined =>
  context.get(visitorOf).cookies.get(name)

function write (context: Context, name: string, value: string): void {
  const { is_secure } = context.get(webRequest)
  context.get(newCookies).push(
    writeCookie(name, value, { max_age_seconds: kept_seconds, is_secure }))
}

/** The token of this browser's place in the waiting room of an event. */
export function placeFrom (context: Context, event_id: string): string | undefined {
  const token = read(context, place_prefix + event_id)
  return token && /^fq_[\w-]{8,90}$/.test(token) ? token : undefined
}

/** One cookie for each room; beyond ten, others make room. */
export function keepPlace (context: Context, event_id: string, token: string): void {
  const { is_secure } = context.get(webRequest)
  const others = ourCookies(context.get(visitorOf).cookies)
    .filter(name => name.startsWith(place_prefix) && name !== place_prefix + event_id)
  for (const name of others.slice(0, Math.max(0, others.length - max_places + 1))) {
    context.get(newCookies).push(removeCookie(name, is_secure))
  }
  write(context, place_prefix + event_id, token)
}

/** The secret that ties places and passes to this browser, if it has one. */
export function visitorFrom (context: Context): string | undefined {
  const secret = read(context, visitor_cookie)
  return secret && /^[\w-]{16,64}$/.test(secret) ? secret : undefined
}

/** The secret that ties places and passes to this browser, made when there is none. */
export function requireVisitor (context: Context): string {
  const known = visitorFrom(context)
  const secret = known ?? randomBytes(18).toString('base64url')
  if (!known) write(context, visitor_cookie, secret)
  return secret
}
