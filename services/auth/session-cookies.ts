import { access_cookie, cookieName } from '@fermata/platform/authenticate'
import { access_token_seconds } from '@fermata/platform/tokens'

/** Carries the refresh token; path / because the web's server reads it on every page. */
export const refresh_cookie = 'fermata_refresh'
/** As long as an unused login lives. */
export const refresh_cookie_seconds = 30 * 24 * 60 * 60

export function cookie (
  base: string, value: string, max_age_s: number, public_url: string,
): string {
  const secure = public_url.startsWith('https:') ? '; Secure' : ''
  return `${cookieName(base, public_url)}=${value}; Path=/; Max-Age=${max_age_s}; HttpOnly; ` +
    `SameSite=Lax${secure}`
}

/** The `Set-Cookie` line of an access token. */
export const accessCookie = (access_token: string, public_url: string) =>
  cookie(access_cookie, access_token, access_token_seconds, public_url)

/** `Set-Cookie` lines that carry a session; scripts of a page cannot read them. */
export const sessionCookies = (
  session: { access_token: string, refresh_token: string }, public_url: string,
) => [
  accessCookie(session.access_token, public_url),
  cookie(refresh_cookie, session.refresh_token, refresh_cookie_seconds, public_url),
]

/** `Set-Cookie` lines that remove both. */
export const removedCookies = (public_url: string) => [
  cookie(access_cookie, '', 0, public_url), cookie(refresh_cookie, '', 0, public_url),
]

/** The refresh token that a `Cookie` header carries, if it does. */
export function readRefreshCookie (
  header: string | string[] | undefined, public_url: string,
): string | undefined {
  return readCookie(header, cookieName(refresh_cookie, public_url))
}

/** The value of one cookie of a `Cookie` header, if it is there. */
export function readCookie (
  header: string | string[] | undefined, name: string,
): string | undefined {
  const parts = [header ?? ''].flat().join(';').split(';').map(part => part.trim())
  return parts.find(part => part.startsWith(`${name}=`))?.slice(name.length + 1)
}
