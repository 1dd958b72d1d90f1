import { parseCronItems } from 'graphile-worker'

/** What a setting has to be that a pattern cannot tell. */

/** An address of a server: no path, no user, no question, nothing that is no address at all. */
export function isOrigin (text: string): boolean {
  if (!URL.canParse(text) || /\s/.test(text)) return false
  const { protocol, username, password, pathname, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && !/[/?#]$/.test(text) && pathname === '/' &&
    username + password + search + hash === ''
}

/** Origins as browsers send them, separated by commas; anything else would allow nobody. */
export const areOrigins = (text: string): boolean =>
  text.split(',').map(part => part.trim()).filter(Boolean)
    .every(part => isOrigin(part) && new URL(part).origin === part)

/** One sender: `a@example.org`, or `Name <a@example.org>`. */
export const isSender = (text: string): boolean =>
  /^(?:[^<>\r\n]*<[^\s<>@,]+@[^\s<>@,]+>|[^\s<>@,]+@[^\s<>@,]+)$/.test(text)

/** Five fields of crontab that mean something. */
export function isCrontab (text: string): boolean {
  try {
    parseCronItems([{ task: 'any', match: text }])
    return true
  } catch {
    return false
  }
}
