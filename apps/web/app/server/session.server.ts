import { getMe, logout, refresh, type Me } from '@fermata/contracts/auth'
import { createClient, urlOf, type Call } from '@fermata/contracts/client'
import type { AnyRoute } from '@fermata/contracts/define'
import { createHash } from 'node:crypto'
import { createContext, data, type MiddlewareFunction, type RouterContextProvider } from 'react-router'
import { isLanguage } from '../i18n/language.ts'
import {
  forgetOrderToken, loginTokenFrom, orderTokenFrom, removeCookie, writeCookie,
} from './cookies.server.ts'
import { language_cookie, visitorOf, webRequest } from './web-request.server.ts'

export interface Session {
  /** Null for guests, and while auth does not answer. */
  me: Me | null
  /** Null for guests. */
  token: string | null
}

export const sessionOf = createContext<Session>()
/** Address of the page, also while its data alone is fetched. */
export const pageUrl = createContext<URL>()
/** `Set-Cookie` values that the answer to this request will carry. */
export const newCookies = createContext<string[]>()

const language_days = 365
const guest: Session = { me: null, token: null }

type Context = Readonly<RouterContextProvider>

const usual_timeout_ms = 15_000

/** A client of the API that speaks for a token, or for nobody. */
export function clientFor (
  context: Context, token: string | null, timeout_ms = usual_timeout_ms
): Call {
  const web = context.get(webRequest)
  const { language } = context.get(visitorOf)
  const { call } = createClient({
    base_url: web.api_url,
    // An API that cannot be reached is not an error of this page: it says "back soon".
    fetch: (url, init) => web.fetch(url, init).catch((error: unknown) => {
      web.log_error(error)
      throw data(null, { status: 503 })
    }),
    headers: {
      'accept-language': language,
      'x-request-id': web.request_id,
      ...(token && { authorization: `Bearer ${token}` }),
    },
    timeout_ms,
  })
  return ((route: AnyRoute, input: object = {}) => {
    refuseNameless(route, input)
    return call(route, input as never)
  }) as Call
}

/**
 * Addresses and forms of pages bring ids, and what is none (nothing, or dots) names no address of
 * the API. @throws 404
 */
function refuseNameless (route: AnyRoute, input: object): void {
  try {
    urlOf(route, input)
  } catch {
    throw data(null, { status: 404 })
  }
}

/**
 * Runs before every loader and action: finds out who is there, once, and writes what became of the
 * cookies. The API checks every token again; what is found here decides only what is shown.
 */
export const sessionMiddleware: MiddlewareFunction<Response> = async ({ context, url }, next) => {
  const cookies: string[] = []
  context.set(newCookies, cookies)
  context.set(pageUrl, url)
  keepLanguage(context, url)
  context.set(sessionOf, await findSession(context))
  const response = await next()
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
  // A page may show a name or a ticket: it belongs to nobody's shared cache.
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'private, no-store')
  return response
}

function keepLanguage (context: Context, url: URL): void {
  const asked = url.searchParams.get('lang')
  const { cookies } = context.get(visitorOf)
  if (!isLanguage(asked) || cookies.get(language_cookie) === asked) return
  const { is_secure } = context.get(webRequest)
  context.get(newCookies).push(writeCookie(language_cookie, asked, {
    max_age_seconds: language_days * 24 * 3600, is_secure,
  }))
}

async function findSession (context: Context): Promise<Session> {
  const { cookies } = context.get(visitorOf)
  const access = loginTokenFrom(cookies, 'fermata_access')
  const session = access ? await signIn(context, access) : null
  const refresh_token = loginTokenFrom(cookies, 'fermata_refresh')
  if (session && !(refresh_token && isOutdated(session))) return session
  if (!refresh_token) return guest
  const renewed = await renew(context, refresh_token)
  return renewed.me ? renewed : session ?? renewed
}

/**
 * True when the address was proven, or the second factor set up, after the token was made: without
 * a new one, what was bought as a guest would stay hidden, and all else closed, until it ends.
 */
export function isOutdated ({ me, token }: Session): boolean {
  if (!me || !token) return false
  try {
    const claims: unknown =
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const { email_verified, must_enroll } =
      claims as { email_verified?: unknown, must_enroll?: unknown }
    return (me.email_verified && email_verified === false) ||
      (!me.must_enroll && must_enroll === true)
  } catch {
    return false
  }
}

/**
 * Null when the token is no longer good. While auth does not answer the token is kept: the other
 * services verify it by themselves, and a shop must not close because one service is away.
 */
async function signIn (context: Context, token: string): Promise<Session | null> {
  const answer = await clientFor(context, token)(getMe).catch(() => null)
  if (answer?.ok) return { me: answer.body, token }
  return answer?.status === 401 ? null : { me: null, token }
}

/** `away`: auth did not answer, so nothing is known of the login. */
type Renewal = { token: string, cookies: string[] } | 'refused' | 'away'

/**
 * A refresh token is good once; a browser that opens two tabs sends it twice. The second asks for
 * the answer of the first, for a moment, so that it is not taken for a thief.
 */
const renewals = new Map<string, Promise<Renewal>>()
const renewal_kept_ms = 10_000
const max_renewals = 10_000

async function renew (context: Context, refresh_token: string): Promise<Session> {
  const key = createHash('sha256').update(refresh_token).digest('base64url')
  const known = renewals.get(key)
  const renewal = known ?? requestRenewal(context, refresh_token)
  if (!known && renewals.size < max_renewals) {
    renewals.set(key, renewal)
    setTimeout(() => renewals.delete(key), renewal_kept_ms).unref()
  }
  const renewed = await renewal
  if (renewed === 'away') {
    renewals.delete(key)
    return guest
  }
  if (renewed === 'refused') {
    context.get(newCookies).push(...endedCookies(context))
    return guest
  }
  context.get(newCookies).push(...renewed.cookies)
  return await signIn(context, renewed.token) ?? guest
}

async function requestRenewal (context: Context, refresh_token: string): Promise<Renewal> {
  const answer =
    await clientFor(context, null)(refresh, { body: { refresh_token } }).catch(() => null)
  if (answer?.status === 401 || answer?.status === 400) return 'refused'
  if (!answer?.ok) return 'away'
  return { token: answer.body.access_token, cookies: answer.headers.getSetCookie() }
}

/** Removes what remains of a login that ended. */
function endedCookies (context: Context): string[] {
  const { cookies } = context.get(visitorOf)
  const { is_secure } = context.get(webRequest)
  return ['fermata_access', 'fermata_refresh']
    .filter(name => cookies.has(name)).map(name => removeCookie(name, is_secure))
}

/** Ends the login at the API and in this browser, whatever the API answers. */
export async function endSession (context: Context): Promise<void> {
  const { token } = context.get(sessionOf)
  if (token) await clientFor(context, token)(logout).catch(() => undefined)
  context.get(newCookies).push(...endedCookies(context))
}

/** Lets auth know the browser again in whose name a page signs in. */
export function deviceHeaders (context: Context): Record<string, string> {
  const value = context.get(visitorOf).cookies.get('fermata_device')
  if (!value || !/^[\w-]{43}$/.test(value)) return {}
  const prefix = context.get(webRequest).is_secure ? '__Host-' : ''
  return { cookie: `${prefix}fermata_device=${value}` }
}

/** Speaks for whoever is signed in. */
export const api = (context: Context, timeout_ms?: number): Call =>
  clientFor(context, context.get(sessionOf).token, timeout_ms)

/**
 * Speaks for an order: by its own token when this browser has one, else for the person. A token
 * that is none any more leaves the browser at once, and the person is asked instead: kept, it
 * would send its owner to the sign-in page and back for as long as the cookie lives.
 */
export function orderApi (context: Context, order_id: string): Call {
  const token = orderTokenFrom(context.get(visitorOf).cookies, order_id)
  if (!token) return api(context)
  const asOrder = clientFor(context, token)
  // What is asked and answered is as typed as before: both are calls of the route that is given.
  return (async (...asked: Parameters<Call>) => {
    const answer = await asOrder(...asked)
    if (answer.status !== 401) return answer
    dropOrderToken(context, order_id)
    return api(context)(...asked)
  }) as Call
}

/** The token of an order that it does not open. */
export function dropOrderToken (context: Context, order_id: string): void {
  const gone = forgetOrderToken(order_id, context.get(webRequest).is_secure)
  const cookies = context.get(newCookies)
  if (!cookies.includes(gone)) cookies.push(gone)
}
