import { chooseLanguage, isLanguage, type Language } from '../i18n/language.ts'
import { readCookies } from './cookies.server.ts'
import { language_cookie } from './web-request.server.ts'

/** A request as it came, before anything is made of it: this is asked for every page. */
export interface PageRequest {
  method: string
  /** Path and query; begins with one slash. */
  url: string
  cookie: string | undefined
  authorization: string | undefined
  accept_language: string | undefined
}

export interface PageKind {
  language: Language
  /**
   * Who waits for whom when there are more pages to make than can be made: `looking` is who is
   * nobody on a public page, `known` who has a cookie there or stands in a waiting room, `buying`
   * all the rest, so that a crowd in front of the counter does not hold up those who pay.
   */
  line: 'looking' | 'known' | 'buying'
  /** True where everybody who asks for this address in this language gets the same answer. */
  is_same_for_all: boolean
}

/**
 * The home page with its search, pages of events, drawn posters; `.data` is the same page without
 * its HTML. What their loaders read of a visitor is the login, the language and the place in a
 * waiting room, all of them cookies of ours. A loader that reads more must be taken off this list.
 */
const public_page = /^\/(?:|_\.data|events\/[\w~%-]+(?:\.data)?|artwork\/[\w~%-]+\/[\w~%.-]+)$/
const waiting_room = /^\/events\/[^/]+\/queue(?:\.data)?$/
const our_cookie = /^(?:__Host-)?fermata_/
/** Longer ones are not shared: as keys they would fill the memory. */
const max_url_length = 2000

export function pageKindOf (request: PageRequest): PageKind {
  const at = request.url.indexOf('?')
  const path = at < 0 ? request.url : request.url.slice(0, at)
  const query = at < 0 ? null : new URLSearchParams(request.url.slice(at))
  const cookies = readCookies(request.cookie ?? null)
  const kept = cookies.get(language_cookie)
  const asked = query?.get('lang')
  const language = chooseLanguage({ asked, kept, accepted: request.accept_language })
  if (waiting_room.test(path)) return { language, line: 'known', is_same_for_all: false }
  if (!['GET', 'HEAD'].includes(request.method) || !public_page.test(path)) {
    return { language, line: 'buying', is_same_for_all: false }
  }
  const is_nobody = request.authorization === undefined &&
    [...cookies.keys()].every(name => name === language_cookie || !our_cookie.test(name))
  if (!is_nobody) return { language, line: 'known', is_same_for_all: false }
  // An answer that sets the language is for one; a code is tried under the limit on guessing.
  const sets_language = isLanguage(asked) && asked !== kept
  const has_code = query !== null && (query.has('code') || query.has('promo'))
  const is_same_for_all = !sets_language && !has_code && request.url.length <= max_url_length
  return { language, line: 'looking', is_same_for_all }
}
