/** The few cookie functions the pages need; values are tokens and words, never arbitrary text. */

const max_header_length = 16_384

/**
 * What a browser kept for us, by the names that we gave. Over HTTPS only names with the prefix
 * `__Host-` are ours: any other a neighbouring subdomain, or somebody on the way, can have set.
 * @param header the `Cookie` header; one that is too long is not read
 */
export function readCookies (header: string | null, is_secure: boolean): Map<string, string> {
  const cookies = new Map<string, string>()
  if (!header || header.length > max_header_length) return cookies
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    const full_name = part.slice(0, Math.max(0, at)).trim()
    const name = is_secure ? nameWithin(full_name) : full_name
    if (name && !cookies.has(name)) cookies.set(name, decode(part.slice(at + 1).trim()))
  }
  return cookies
}

const host_prefix = '__Host-'
const nameWithin = (name: string) =>
  name.startsWith(host_prefix) ? name.slice(host_prefix.length) : null

/** The names of those that our pages set; others on this host are no business of ours. */
export const ourCookies = (cookies: ReadonlyMap<string, string>): string[] =>
  [...cookies.keys()].filter(name => name.startsWith('fermata_'))

function decode (value: string): string {
  const plain = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

export interface CookieOptions { max_age_seconds: number, is_secure: boolean }

/**
 * A `Set-Cookie` value for the whole site that no script can read; 0 seconds removes the cookie.
 * Browsers take the prefix `__Host-` from HTTPS only, and from no other host than this one.
 */
export function writeCookie (name: string, value: string, options: CookieOptions): string {
  const { max_age_seconds, is_secure } = options
  return [
    `${is_secure ? host_prefix : ''}${name}=${encodeURIComponent(value)}`, 'Path=/',
    `Max-Age=${max_age_seconds}`, 'HttpOnly', 'SameSite=Lax', ...(is_secure ? ['Secure'] : []),
  ].join('; ')
}

export const removeCookie = (name: string, is_secure: boolean) =>
  writeCookie(name, '', { max_age_seconds: 0, is_secure })

const order_days = 60
const max_orders = 10
/** Servers take headers of 8 or 16 kB: beyond a share of that the oldest orders make room. */
const max_orders_bytes = 4096
const order_prefix = 'fermata_order_'
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const token_form = /^[\w.~+/=-]{1,1000}$/

export const isOrderId = (text: string): boolean => uuid.test(text)

const long_token_form = /^[\w.~+/=-]{1,4000}$/

/** A token of a login; what is none by its form was written by somebody else, and is not there. */
export function loginTokenFrom (
  cookies: ReadonlyMap<string, string>, name: 'fermata_access' | 'fermata_refresh'
): string | undefined {
  const token = cookies.get(name)
  return token !== undefined && long_token_form.test(token) ? token : undefined
}

/** Whether it may be sent as a token at all. */
export const mayBeToken = (text: string): boolean => token_form.test(text)

/** The access token of a guest's order, when this browser placed it or followed its link. */
export function orderTokenFrom (
  cookies: ReadonlyMap<string, string>, order_id: string
): string | undefined {
  const token = isOrderId(order_id) ? cookies.get(order_prefix + order_id) : undefined
  return token !== undefined && mayBeToken(token) ? token : undefined
}

export const forgetOrderToken = (order_id: string, is_secure: boolean) =>
  removeCookie(order_prefix + order_id, is_secure)

/**
 * One cookie for each order, so that tokens of any length fit. Ids are UUIDv7, so the smallest is
 * the oldest: beyond ten orders, or their share of a header, it makes room.
 */
export function keepOrderToken (
  cookies: ReadonlyMap<string, string>, order_id: string, token: string, is_secure: boolean
): string[] {
  const max_age_seconds = order_days * 24 * 3600
  const kept = writeCookie(order_prefix + order_id, token, { max_age_seconds, is_secure })
  const ids = ourCookies(cookies).filter(name => name.startsWith(order_prefix))
    .map(name => name.slice(order_prefix.length))
    .filter(id => id !== order_id)
  const newest_first = ids.filter(isOrderId).sort().reverse()
  let bytes = bytesOf(order_id, token)
  const stays = new Set(newest_first.filter((id, index) => {
    bytes += bytesOf(id, cookies.get(order_prefix + id)!)
    return index < max_orders - 1 && bytes <= max_orders_bytes
  }))
  return [kept, ...ids.filter(id => !stays.has(id)).map(id => forgetOrderToken(id, is_secure))]
}

/** As much as a cookie takes in a header, with its prefix and separators. */
const bytesOf = (order_id: string, token: string) =>
  host_prefix.length + order_prefix.length + order_id.length + encodeURIComponent(token).length + 3
