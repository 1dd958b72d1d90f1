import { chooseLanguage, isLanguage, type Language } from '../i18n/language.ts'
import { ourCookies, readCookies } from './cookies.server.ts'
import { publicAddress } from './page-address.server.ts'
import { language_cookie } from './web-request.server.ts'

/** A request as it came, before anything is made of it: this is asked for every page. */
export interface PageRequest {
  method: string
  /** Path and query; begins with one slash. */
  url: string
  cookie: string | undefined
  authorization: string | undefined
  accept_language: string | undefined
  /** Whether people reach this site over HTTPS: only cookies of this very host count then. */
  is_secure: boolean
}

export interface PageKind {
  /** The address to make the page for; of a public page, only what its loader reads. */
  address: string
  language: Language
  /**
   * Who waits for whom when there are more pages to make than can be made: `looking` is who is
   * nobody on a public page, or asks for a page that there is not; `known` who has a cookie there
   * or stands in a waiting room; `buying` all the rest, so that a crowd in front of the counter
   * does not hold up those who pay.
   */
  line: 'looking' | 'known' | 'buying'
  /** True where everybody who asks for this address in this language gets the same answer. */
  is_same_for_all: boolean
}

/**
 * The home page with its search, pages of events, drawn posters; `.data` is the same page without
 * its HTML. What their loaders read of a visitor is the login, the language and the place in a
 * waiting room, all of them cookies of ours. A loader that reads more must be taken off the list
 * in page-address.server.ts.
 */
const waiting_room = /^\/events\/[^/]+\/queue(?:\.data)?$/
/** That a browser was here before is for signing in; no page shows it. */
const device_cookie = 'fermata_device'
/** Longer ones are not shared: as keys they would fill the memory. */
const max_address_length = 2000
/** What an address may ask for beside these is tried under a limit, or as varied as people. */
const shared_fields = new Set(['q', 'city', 'category', 'from', 'to', 'cursor', 'choose', 'lang'])

/** @param areas the first words of all paths that there are */
export function pageKindOf (request: PageRequest, areas: ReadonlySet<string>): PageKind {
  const { url, is_secure } = request
  const path = url.split('?', 1)[0]!
  const is_reading = request.method === 'GET' || request.method === 'HEAD'
  const page = is_reading ? publicAddress(url) : null
  const cookies = readCookies(request.cookie ?? null, is_secure)
  const kept = cookies.get(language_cookie)
  const asked = new URLSearchParams(url.slice(path.length)).get('lang')
  const language = chooseLanguage({ asked, kept, accepted: request.accept_language })
  const alone = (line: PageKind['line'], address = url): PageKind =>
    ({ address, language, line, is_same_for_all: false })
  if (waiting_room.test(path)) return alone('known')
  if (!page) return alone(is_reading && !areas.has(firstWord(path)) ? 'looking' : 'buying')
  const is_nobody = request.authorization === undefined &&
    ourCookies(cookies).every(name => name === language_cookie || name === device_cookie)
  if (!is_nobody) return alone('known', page.address)
  // An answer that sets the language is for one.
  const sets_language = isLanguage(asked) && asked !== kept
  const is_same_for_all = !sets_language && page.address.length <= max_address_length &&
    [...page.asks].every(name => shared_fields.has(name))
  return { address: page.address, language, line: 'looking', is_same_for_all }
}

/** The part of a path that says which area it is in: `orders` of `/orders/1/pay.data`. */
export const firstWord = (path: string): string =>
  path.split('/')[1]!.replace(/\.data$/, '').toLowerCase()
