import { createContext, RouterContextProvider } from 'react-router'
import { readCookies } from './cookies.server.ts'
import { chooseLanguage, type Language } from '../i18n/language.ts'

/**
 * What the HTTP server hands in with each request. `apps/server/web.ts` declares the same shape.
 */
export interface WebRequest {
  /** Sends a request to the API; `url` is a path, or starts with `api_url`. */
  fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Origin of the API without a trailing slash; empty when it runs in this process. */
  api_url: string
  /** For inline scripts, as the content security policy names it. */
  nonce: string
  request_id: string
  /** Whether people reach this site over HTTPS: cookies are then Secure and named `__Host-…`. */
  is_secure: boolean
  /** Whether the accounts of the demonstration are there, with their public password. */
  is_demo: boolean
  log_error: (error: unknown) => void
}

export interface Visitor {
  language: Language
  cookies: ReadonlyMap<string, string>
  /** Origin of the page as people type it, whatever the request called this host. */
  origin: string
}

export const webRequest = createContext<WebRequest>()
export const visitorOf = createContext<Visitor>()

/** Called by the HTTP server; the contexts stay private to this build. */
export function createLoadContext (request: Request, web: WebRequest): RouterContextProvider {
  const context = new RouterContextProvider()
  const cookies = readCookies(request.headers.get('cookie'), web.is_secure)
  const url = new URL(request.url)
  context.set(webRequest, web)
  context.set(visitorOf, {
    cookies,
    origin: url.origin,
    language: chooseLanguage({
      asked: url.searchParams.get('lang'),
      kept: cookies.get(language_cookie),
      accepted: request.headers.get('accept-language'),
    }),
  })
  return context
}

export const language_cookie = 'fermata_lang'
