import { pipeline, Readable } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FinishedPage } from './kept-pages.ts'

/** As `apps/web/app/server/crowded-page.server.ts` declares it. */
export interface CrowdedPage { html: string, policy: string }

export type Language = 'en' | 'fr'

/** Different for each, so that those who are sent away together do not come back together. */
const again_after_s = [4, 5, 6, 7, 8, 9]

const takesGzip = ({ headers }: FastifyRequest) =>
  /\bgzip\b/.test(headers['accept-encoding'] ?? '')

/** Sends a page as it comes, to one visitor. */
export function sendPage (
  raw: FastifyRequest, reply: FastifyReply,
  { response, nonce }: { response: Response, nonce: string }
): FastifyReply {
  writeHead(reply, response.status, { headers: [...response.headers], nonce })
  if (!response.body) return reply.send('')
  const body = Readable.fromWeb(response.body as never)
  const type = response.headers.get('content-type') ?? ''
  if (!takesGzip(raw) || !compressible.test(type)) return reply.send(body)
  markCompressed(reply)
  // A page comes in pieces; each is flushed, so that the first shows before the last is there.
  const gzip = createGzip({ level: 4, flush: constants.Z_SYNC_FLUSH })
  return reply.send(pipeline(body, gzip, () => {}))
}

/** Sends a page that is there as a whole, to one of many; says when they have it already. */
export async function sendFinished (
  raw: FastifyRequest, reply: FastifyReply, page: FinishedPage
): Promise<FastifyReply> {
  writeHead(reply, page.status, page)
  reply.header('etag', page.etag)
  const compresses = compressible.test(String(reply.getHeader('content-type')))
  const tags = (raw.headers['if-none-match'] ?? '').split(',').map(tag => tag.trim())
  if (page.status === 200 && tags.includes(page.etag)) return reply.code(304).send()
  if (!compresses || !takesGzip(raw)) return reply.send(page.body)
  const body = await page.gzip()
  markCompressed(reply)
  return reply.send(body)
}

function writeHead (
  reply: FastifyReply, status: number, { headers, nonce }: Pick<FinishedPage, 'headers' | 'nonce'>
): void {
  reply.code(status)
  if (status === 503) reply.header('retry-after', again_after_s[0])
  reply.header('content-security-policy', pagePolicy(nonce))
  // One by one: several set-cookie headers joined into one would be read as one cookie.
  for (const [name, value] of headers) reply.header(name, value)
  // Headers of other hooks say more than a page can: a page that frames a mail brings its own
  // policy.
  if (headers.some(([name]) => name === 'content-security-policy')) reply.removeHeader('x-frame-options')
}

function markCompressed (reply: FastifyReply): void {
  reply.header('content-encoding', 'gzip')
  reply.header('vary', [reply.getHeader('vary'), 'Accept-Encoding'].filter(Boolean).join(', '))
}

/** Pages, their data and drawn pictures; a PDF is compressed already. */
const compressible = /^(?:text\/|image\/svg)/

const pagePolicy = (nonce: string) => [
  "default-src 'none'", `script-src 'self' 'nonce-${nonce}'`, "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
  "connect-src 'self'", "manifest-src 'self'", "frame-src 'self'", "form-action 'self'", "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Makes every text once; who is sent away then costs no more than the sending. */
export function crowdedSender (
  crowdedPage: (language: Language, again_s: number | null) => CrowdedPage
) {
  const prepare = (language: Language) => ({
    looks: again_after_s.map(seconds => crowdedPage(language, seconds)),
    form: crowdedPage(language, null),
  })
  const pages = { en: prepare('en'), fr: prepare('fr') }
  return (reply: FastifyReply, language: Language, method: string): FastifyReply => {
    const at = Math.floor(Math.random() * again_after_s.length)
    const { html, policy } = method === 'POST' ? pages[language].form : pages[language].looks[at]!
    return reply.code(503).headers({
      'retry-after': String(again_after_s[at]), 'cache-control': 'no-store', 'content-language': language,
      vary: 'Accept-Language, Cookie', 'content-security-policy': policy,
      'content-type': 'text/html; charset=utf-8',
    }).send(html)
  }
}

/** Answers a form that no page of ours sent. */
export function foreignSender (foreignPage: (language: Language) => CrowdedPage) {
  const pages = { en: foreignPage('en'), fr: foreignPage('fr') }
  return (reply: FastifyReply, language: Language): FastifyReply => {
    const { html, policy } = pages[language]
    return reply.code(403).headers({
      'cache-control': 'no-store', 'content-language': language, 'content-security-policy': policy,
      vary: 'Accept-Language, Cookie', 'content-type': 'text/html; charset=utf-8',
    }).send(html)
  }
}
