/** The few cookie functions the pages need; values are tokens and words, never arbitrary text. */

const max_header_length = 16_384

/** @param header the `Cookie` header; one that is too long is not read */
export function readCookies (header: string | null): Map<string, string> {
  const cookies = new Map<string, string>()
  if (!header || header.length > max_header_length) return cookies
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    const name = part.slice(0, Math.max(0, at)).trim()
    if (name !== '' && !cookies.has(name)) cookies.set(name, decode(part.slice(at + 1).trim()))
  }
  return cookies
}

function decode (value: string): string {
  const plain = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

export interface CookieOptions { max_age_seconds: number, is_secure: boolean, http_only?: boolean }

/** A `Set-Cookie` value for the whole site; 0 seconds removes the cookie. */
export function writeCookie (name: string, value: string, options: CookieOptions): string {
  return [
    `${name}=${encodeURIComponent(value)}`, 'Path=/', `Max-Age=${options.max_age_seconds}`, 'SameSite=Lax',
    options.http_only === false ? '' : 'HttpOnly', options.is_secure ? 'Secure' : '',
  ].filter(Boolean).join('; ')
}

/** Browsers accept a `__Host-` cookie from HTTPS only, and from no other host than this one. */
export const hostCookie = (name: string, is_secure: boolean) => is_secure ? `__Host-${name}` : name

const order_days = 60
const max_orders = 10
const order_prefix = 'fermata_order_'

/** The access token of a guest's order, when this browser placed it or followed its link. */
export function orderTokenFrom (
  cookies: ReadonlyMap<string, string>, order_id: string
): string | undefined {
  return cookies.get(order_prefix + order_id) ?? cookies.get(`__Host-${order_prefix}${order_id}`)
}

/**
 * One cookie for each order, so that tokens of any length fit. Ids are UUIDv7, so the smallest is
 * the oldest: beyond ten orders it makes room.
 */
export function keepOrderToken (
  cookies: ReadonlyMap<string, string>, order_id: string, token: string, is_secure: boolean
): string[] {
  const kept = [...cookies.keys()].filter(name => name.replace('__Host-', '').startsWith(order_prefix))
    .filter(name => !name.endsWith(order_id))
    .sort((a, b) => a.replace('__Host-', '') < b.replace('__Host-', '') ? -1 : 1)
  const dropped = kept.slice(0, Math.max(0, kept.length - max_orders + 1))
  return [
    writeCookie(hostCookie(order_prefix + order_id, is_secure), token, {
      max_age_seconds: order_days * 24 * 3600, is_secure,
    }),
    ...dropped.map(name => writeCookie(name, '', { max_age_seconds: 0, is_secure })),
  ]
}
