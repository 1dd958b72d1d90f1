import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { constants, createGzip } from 'node:zlib'
import fastifyStatic from '@fastify/static'
import { services } from '@fermata/contracts/services'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { createRequestHandler, RouterContextProvider, ServerBuild } from 'react-router'
import { createInjectFetch } from './inject-fetch.ts'

/**
 * As `apps/web/app/server/web-request.server.ts` declares it; the web app is built, so its types do
 * not reach here.
 */
interface WebRequest {
  fetch: (url: string, init: RequestInit) => Promise<Response>
  api_url: string
  nonce: string
  request_id: string
  is_secure: boolean
  log_error: (error: unknown) => void
}

type WebBuild = ServerBuild & {
  entry: {
    module: {
      /** The build brings its own React Router; a context made by another would not be its. */
      createRequestHandler: typeof createRequestHandler
      createLoadContext (request: Request, web: WebRequest): RouterContextProvider
    }
  }
}

export interface WebOptions {
  /**
   * Origin of the API when it runs elsewhere, or of the service that answers a path; absent: the
   * services of this process.
   */
  api_url?: string | ((path: string) => string)
  /** Origin the browser sees, e.g. `https://tickets.example.org`; absent: as each request says. */
  public_origin?: string
}

const build_url = new URL('../web/build/', import.meta.url)
/** Forms of the pages are texts; uploads go to the API. */
const form_limit_bytes = 256 * 1024

const apiPaths = ['/internal', ...services.gateway.prefixes]
const isApi = (path: string) => apiPaths.some(prefix => path === prefix || path.startsWith(`${prefix}/`))

export const isWebBuilt = () => existsSync(new URL('server/index.js', build_url))

/**
 * Serves the pages and their files; all that is not of the API becomes a page, unknown addresses
 * included.
 */
export async function registerWeb (app: FastifyInstance, options: WebOptions = {}): Promise<void> {
  if (!isWebBuilt()) throw new Error('The pages are not built: run `npm run build -w apps/web`')
  const build = await import(pathToFileURL(fileURLToPath(new URL('server/index.js', build_url))).href) as WebBuild
  const render = build.entry.module.createRequestHandler(build, 'production')

  await app.register(async scope => {
    const client = fileURLToPath(new URL('client/', build_url))
    await scope.register(fastifyStatic, {
      root: `${client}assets/`, prefix: '/assets/', immutable: true, maxAge: '1y', index: false, preCompressed: true,
      setHeaders: allowFile,
    })
    // The few files with fixed names: favicon, robots.txt. Each becomes a route, the rest stays
    // with the pages.
    await scope.register(fastifyStatic, {
      root: client, prefix: '/', wildcard: false, globIgnore: ['assets/**', '**/*.{br,gz}', '.vite/**'], maxAge: '1h', index: false,
      decorateReply: false, preCompressed: true, setHeaders: allowFile,
    })
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: form_limit_bytes },
      (_, body, done) => { done(null, body) })
    scope.route({
      method: ['GET', 'HEAD', 'POST'], url: '/*', bodyLimit: form_limit_bytes,
      handler: (request, reply) => answerPage(app, { build, render, options }, request, reply),
    })
  })
}

interface Page { build: WebBuild, render: ReturnType<typeof createRequestHandler>,
  options: WebOptions }

async function answerPage (
  app: FastifyInstance, { build, render, options }: Page, raw: FastifyRequest, reply: FastifyReply
): Promise<FastifyReply> {
  if (isApi(raw.url.split('?')[0]!)) {
    reply.callNotFound()
    return reply
  }
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const nonce = randomBytes(18).toString('base64url')
  const request = toRequest(raw, options, gone.signal)
  const context = build.entry.module.createLoadContext(request, {
    nonce,
    request_id: raw.id,
    is_secure: request.url.startsWith('https:'),
    log_error: error => raw.log.error({ err: error, request_id: raw.id }, 'page failed'),
    api_url: typeof options.api_url === 'string' ? options.api_url : '',
    fetch: options.api_url === undefined
      ? createInjectFetch(app, {
        address: raw.ip, request_id: raw.id, user_agent: raw.headers['user-agent'] })
      : forwardingFetch(raw, options.api_url),
  })
  const accepts_gzip = /\bgzip\b/.test(raw.headers['accept-encoding'] ?? '')
  return send(reply, await render(request, context), { nonce, accepts_gzip })
}

/**
 * Tells an API elsewhere for whom the page asks; it believes so if this host is among its trusted
 * proxies.
 */
function forwardingFetch (
  raw: FastifyRequest, api_url: string | ((path: string) => string)
): WebRequest['fetch'] {
  const originOf = typeof api_url === 'string' ? () => '' : api_url
  return (path, init) => {
    const url = originOf(path.split('?')[0]!) + path
    const headers = new Headers(init.headers)
    headers.set('x-forwarded-for', raw.ip)
    headers.set('x-request-id', raw.id)
    // Logins are listed by the program that signed in, which is not this one.
    headers.set('user-agent', raw.headers['user-agent'] ?? '')
    return fetchTwice(url, { ...init, headers })
  }
}

/**
 * A front door that reads its configuration anew ends the connections it kept, perhaps just when
 * one is used again. What changes nothing is then asked once more.
 */
function fetchTwice (url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init).catch((error: unknown) => {
    if (init.method !== 'GET' || init.signal?.aborted) throw error
    return fetch(url, init)
  })
}

function toRequest (raw: FastifyRequest, options: WebOptions, signal: AbortSignal): Request {
  const origin = options.public_origin ?? `${raw.protocol}://${raw.host || 'localhost'}`
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw.headers)) {
    const values = Array.isArray(value) ? value : [value]
    for (const one of values) if (one !== undefined) headers.append(name, one)
  }
  const body = raw.method === 'POST' && Buffer.isBuffer(raw.body) ? new Uint8Array(raw.body) : undefined
  const url = new URL(raw.url.replace(/^\/+/, '/'), origin)
  return new Request(url, { method: raw.method, headers, body, signal })
}

interface Sending { nonce: string, accepts_gzip: boolean }

function send (
  reply: FastifyReply, response: Response, { nonce, accepts_gzip }: Sending
): FastifyReply {
  reply.code(response.status)
  reply.header('content-security-policy', pagePolicy(nonce))
  // One by one: several set-cookie headers joined into one would be read as one cookie.
  for (const [name, value] of response.headers) reply.header(name, value)
  // Headers of other hooks say more than a page can: a page that frames a mail brings its own
  // policy.
  if (response.headers.has('content-security-policy')) reply.removeHeader('x-frame-options')
  if (!response.body) return reply.send('')
  const body = Readable.fromWeb(response.body as never)
  const type = response.headers.get('content-type') ?? ''
  if (!accepts_gzip || !compressible.test(type)) return reply.send(body)
  reply.header('content-encoding', 'gzip')
  reply.header('vary', [response.headers.get('vary'), 'Accept-Encoding'].filter(Boolean).join(', '))
  // A page comes in pieces; each is flushed, so that the first shows before the last is there.
  const gzip = createGzip({ level: 4, flush: constants.Z_SYNC_FLUSH })
  return reply.send(pipeline(body, gzip, () => {}))
}

/** Pages, their data and drawn pictures; a PDF is compressed already. */
const compressible = /^(?:text\/|image\/svg)/

const pagePolicy = (nonce: string) => [
  "default-src 'none'", `script-src 'self' 'nonce-${nonce}'`, "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
  "connect-src 'self'", "manifest-src 'self'", "frame-src 'self'", "form-action 'self'", "base-uri 'self'",
  "frame-ancestors 'none'",
].join('; ')

function allowFile (reply: FastifyReply): void {
  reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
}
