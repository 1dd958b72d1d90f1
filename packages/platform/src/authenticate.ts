import type { IncomingHttpHeaders } from 'node:http'
import { crossOrigin, unauthenticated } from '@fermata/contracts/problems'
import type { AnyRoute } from '@fermata/contracts/define'
import type { FastifyRequest } from 'fastify'
import type { Caller } from './caller.ts'
import type { EndedLogins } from './ended-logins.ts'
import { Problem } from './problem.ts'
import type { Tokens } from './tokens.ts'

/**
 * The cookie that carries a person's access token for the web; the refresh token's is known to auth
 * alone.
 */
export const access_cookie = 'fermata_access'

/**
 * A cookie's full name. Over HTTPS it has the prefix with which a browser takes it from this very
 * host only, so a neighbouring subdomain cannot slip a login of its own under our pages.
 */
export const cookieName = (name: string, public_url: string) =>
  public_url.startsWith('https:') ? `__Host-${name}` : name

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])
const anonymous: Caller = { kind: 'anonymous' }

export interface Authenticator {
  tokens: Tokens, endedLogins: EndedLogins, public_origin: string, service: string
}

/**
 * Finds out who calls, from the Authorization header or else the cookie. A header that is wrong is
 * refused even on public routes: its sender believes to be somebody. A stale cookie on a public
 * page is not.
 * @returns at once who sends neither, as guests do who buy in a rush
 */
export function authenticate (
  request: FastifyRequest, route: AnyRoute, auth: Authenticator
): Caller | Promise<Caller> {
  const header = request.headers.authorization
  if (header !== undefined) {
    return isSaidTwice(request.raw.rawHeaders) ? refuse() : fromHeader(header, route, auth)
  }
  const cookie = request.cookies[cookieName(access_cookie, auth.public_origin)]
  if (cookie === undefined || route.access === 'internal') return anonymous
  return fromCookie(cookie, request, route, auth)
}

/** Node keeps the first of two; a proxy might have looked at the other. */
const isSaidTwice = (headers: string[] = []) => headers.filter((name, at) =>
  at % 2 === 0 && name.toLowerCase() === 'authorization').length > 1

function refuse (): never {
  throw new Problem(unauthenticated, undefined, { headers: { 'www-authenticate': 'Bearer' } })
}

async function fromHeader (
  header: string, route: AnyRoute, auth: Authenticator
): Promise<Caller> {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(header)?.[1]
  const caller = token && await fromToken(token, route, auth)
  return caller || refuse()
}

async function fromCookie (
  cookie: string, request: FastifyRequest, route: AnyRoute, auth: Authenticator
): Promise<Caller> {
  const is_safe = safeMethods.has(request.method)
  const person = await auth.tokens.verifyAccess(cookie).catch((error: unknown) => {
    // Before auth has told its keys, what everybody may see is shown as to a guest.
    if (is_safe && route.access === 'public' && error instanceof Problem) return null
    throw error
  })
  if (!person || auth.endedLogins.has(person.login_id)) return anonymous
  if (!is_safe) refuseForeignPages(request.headers, auth.public_origin)
  return { kind: 'user', ...person }
}

async function fromToken (
  token: string, route: AnyRoute, { tokens, endedLogins, service }: Authenticator
): Promise<Caller | null> {
  if (route.access === 'internal') {
    const from = await tokens.verifyInternal(token, service)
    return from ? { kind: 'service', service: from } : null
  }
  if (tokens.isOrderToken(token)) {
    const order_id = tokens.verifyOrder(token)
    return order_id ? { kind: 'order', order_id } : null
  }
  const person = await tokens.verifyAccess(token)
  return person && !endedLogins.has(person.login_id) ? { kind: 'user', ...person } : null
}

/**
 * Cross-site request forgery: browsers send our cookie with requests other sites cause.
 * SameSite=Lax stops most, the origin the browser reports stops the rest; a browser that reports
 * none is too old to be trusted with a cookie.
 */
export function refuseForeignPages (headers: IncomingHttpHeaders, public_origin: string): void {
  if (!isFromOurPages(headers, public_origin)) throw new Problem(crossOrigin)
}

/** Whether the browser says that a page of ours caused this request. */
export function isFromOurPages (headers: IncomingHttpHeaders, public_origin: string): boolean {
  const { origin, host } = headers
  if (origin === public_origin) return true
  if (origin === undefined) return headers['sec-fetch-site'] === 'same-origin'
  // A page that hides where it comes from sends the word "null", which is no URL.
  if (!URL.canParse(origin)) return false
  const from = new URL(origin)
  // Over HTTP anybody on the way can write a page of this name.
  const is_as_safe = from.protocol === 'https:' || !public_origin.startsWith('https:')
  return from.host === host && is_as_safe
}
