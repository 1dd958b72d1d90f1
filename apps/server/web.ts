import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import fastifyStatic from '@fastify/static'
import { services } from '@fermata/contracts/services'
import { isFromOurPages } from '@fermata/platform/authenticate'
import { endSpan } from '@fermata/platform/http'
import { inTime } from '@fermata/platform/deadline'
import { siteOf } from '@fermata/platform/network'
import { Problem } from '@fermata/platform/problem'
import { from_elsewhere, type Arrival } from '@fermata/platform/this-machine'
import { no_tracing, type Tracing } from '@fermata/platform/tracing'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { createRequestHandler, RouterContextProvider, ServerBuild } from 'react-router'
import { createInjectFetch } from './inject-fetch.ts'
import { createKeptPages, finishPage, type FinishedPage } from './kept-pages.ts'
import {
  crowdedSender, foreignSender, sendFinished, sendPage, type CrowdedPage, type Language,
} from './page-answers.ts'
import { createRenderLine, type RenderLine } from './render-line.ts'

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
  is_demo: boolean
  log_error: (error: unknown) => void
}

/** As `apps/web/app/server/page-kind.server.ts` declares it. */
interface PageKind {
  address: string
  language: Language
  line: 'looking' | 'known' | 'buying'
  is_same_for_all: boolean
}

type WebBuild = ServerBuild & {
  entry: {
    module: {
      /** The build brings its own React Router; a context made by another would not be its. */
      createRequestHandler: typeof createRequestHandler
      createLoadContext (request: Request, web: WebRequest): RouterContextProvider
      pageKindOf (request: {
        method: string, url: string, cookie: string | undefined, authorization: string | undefined,
        accept_language: string | undefined, is_secure: boolean,
      }, areas: ReadonlySet<string>): PageKind
      firstWord (path: string): string
      crowdedPage (language: Language, again_s: number | null): CrowdedPage
      awayPage (language: Language, again_s: number | null): CrowdedPage
      foreignPage (language: Language): CrowdedPage
    }
  }
}

export interface WebOptions {
  /**
   * Origin of the API when it runs elsewhere, or of the service that answers a path; absent: the
   * services of this process.
   */
  api_url?: string | ((path: string) => string)
  tracing?: Tracing
  /**
   * Origin that people type, e.g. `https://tickets.example.org`: whatever a request calls this
   * host, links and cookies are those of this one.
   */
  public_origin: string
  /** Whether the accounts of the demonstration are there, with their public password. */
  is_demo?: boolean
  /** Whether somebody on this machine asks, who alone may read the development mailbox. */
  isHere: (request: Arrival) => boolean
  /** False gives turns by arrival alone; only a test's control does. */
  by_network?: boolean
}

const build_url = new URL('../web/build/', import.meta.url)
/** Forms of the pages are texts; uploads go to the API. */
const form_limit_bytes = 256 * 1024
/**
 * A few at work at once: more would not be faster, since a page is some milliseconds of processor
 * time, and the box office waits meanwhile. Lookers come back by themselves; whoever buys waits
 * longer before that is asked of them.
 */
const lines = {
  looking: { at_work: 4, waiting: 64, wait_ms: 2000 },
  known: { at_work: 4, waiting: 64, wait_ms: 2000 },
  buying: { at_work: 8, waiting: 256, wait_ms: 10_000 },
}
/** As old as availability may be. */
const keeping = {
  kept_ms: 1000, shown_instead_ms: 600_000, max_pages: 500, max_bytes: 32 * 1024 * 1024,
}

/** Without their addresses, which may hold what only one visitor knows. */
const traced = { service: 'web', name: 'page', kind: 'server' as const }

const apiPaths = ['/internal', ...services.gateway.prefixes]
const isApi = (path: string) => apiPaths.some(prefix => path === prefix || path.startsWith(`${prefix}/`))

export const isWebBuilt = () => existsSync(new URL('server/index.js', build_url))

/**
 * Serves the pages and their files; all that is not of the API becomes a page, unknown addresses
 * included.
 */
export async function registerWeb (app: FastifyInstance, options: WebOptions): Promise<void> {
  if (!isWebBuilt()) throw new Error('The pages are not built: run `npm run build -w apps/web`')
  const build = await import(pathToFileURL(fileURLToPath(new URL('server/index.js', build_url))).href) as WebBuild
  const render = build.entry.module.createRequestHandler(build, 'production')
  const { tracing = no_tracing, by_network } = options
  const lineOf = (name: PageKind['line']) => createRenderLine({ ...lines[name], by_network })

  const { firstWord, crowdedPage, awayPage, foreignPage } = build.entry.module
  const pages: Pages = {
    build, render, options, kept: createKeptPages(keeping),
    areas: new Set(pathsOf(build).map(firstWord)),
    sendCrowded: crowdedSender(crowdedPage),
    sendAway: crowdedSender(awayPage),
    sendForeign: foreignSender(foreignPage),
    lines: { looking: lineOf('looking'), known: lineOf('known'), buying: lineOf('buying') },
  }

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
      onRequest: (request, _reply, done) => {
        request.span = tracing.startRequest(traced, request)
        done()
      },
      onResponse: (request, reply, done) => {
        endSpan(request, reply.statusCode)
        done()
      },
      handler: (request, reply) => answerInTime(app, pages, request, reply),
    })
  })
}

interface Pages {
  build: WebBuild
  render: ReturnType<typeof createRequestHandler>
  options: WebOptions
  lines: Record<PageKind['line'], RenderLine>
  kept: ReturnType<typeof createKeptPages>
  /** The first words of all paths that there are. */
  areas: ReadonlySet<string>
  sendCrowded: ReturnType<typeof crowdedSender>
  sendAway: ReturnType<typeof crowdedSender>
  sendForeign: ReturnType<typeof foreignSender>
}

/** A little longer than an answer that the page asks for may take. */
const page_within_ms = 6500
/** Forms whose answer waits for a backup that is compared or restored. */
export const takes_its_time = /^\/admin\/backups(?:\/[^/?]+)?(?:\.data)?(?:$|\?)/

async function answerInTime (
  app: FastifyInstance, pages: Pages, raw: FastifyRequest, reply: FastifyReply
): Promise<FastifyReply> {
  // A second slash or a backslash would begin the name of another host.
  const path = raw.url.replace(/^[\\/]*/, '/')
  const deciding = decideAnswer(app, pages, raw, { path, reply })
  if (raw.method === 'POST' && takes_its_time.test(path)) return (await deciding)()
  let send: Send
  try {
    send = await inTime(deciding, page_within_ms)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    send = () => pages.sendAway(reply, kindOf(pages, raw, path).language, raw.method)
  }
  return send()
}

/** Begins the answer. It is not written before: what is late must not be cut by another one. */
type Send = () => FastifyReply | Promise<FastifyReply>

async function decideAnswer (
  app: FastifyInstance, pages: Pages, raw: FastifyRequest,
  { path, reply }: { path: string, reply: FastifyReply }
): Promise<Send> {
  if (isApi(path.split('?')[0]!)) return () => {
    reply.callNotFound()
    return reply
  }
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const kind = kindOf(pages, raw, path)
  const { language } = kind
  // Forms are ours alone, signing in and out included: whoever is signed in by a stranger's page
  // leaves what they do in the stranger's account.
  if (raw.method === 'POST' && !isFromOurPages(raw.headers, pages.options.public_origin)) {
    return () => pages.sendForeign(reply, language)
  }
  const line = pages.lines[kind.line]
  const network = siteOf(raw.ip)
  if (kind.is_same_for_all) {
    const looker = { gone: gone.signal, network, line }
    const page = await pages.kept.find(`${language} ${kind.address}`, looker, () =>
      inTime(finishTogether(app, pages, { raw, kind }), page_within_ms))
    if (page === 'full') return () => pages.sendCrowded(reply, language, raw.method)
    if (page !== null && page !== 'gone') return () => sendFinished(raw, reply, page)
  }
  const turn = await line.enter(network, () => gone.signal.aborted).turn
  // It was told already that it is late.
  if (reply.sent && typeof turn !== 'string') {
    turn.leave()
    return () => reply
  }
  // Nobody reads it, but the request has to end.
  if (turn === 'gone') return () => reply.code(503).send('')
  if (turn === 'full') return () => pages.sendCrowded(reply, language, raw.method)
  const nonce = makeNonce()
  try {
    const init = { method: raw.method, signal: gone.signal }
    const request = toRequest(raw, pages.options, kind.address, init)
    const response = await renderPage(app, pages, raw, { request, nonce })
    return () => sendPage(raw, reply, { nonce, response })
  } finally {
    turn.leave()
  }
}

const kindOf = (
  { build, options, areas }: Pages, { method, headers }: FastifyRequest, url: string
): PageKind => build.entry.module.pageKindOf({
  method, url, cookie: headers.cookie, authorization: headers.authorization,
  accept_language: headers['accept-language'], is_secure: isSecure(options),
}, areas)

/** Paths of pages that are not below another; the root and layouts have none. */
const pathsOf = ({ routes }: WebBuild): string[] => Object.values(routes).flatMap(route => {
  const above = route?.parentId === undefined ? undefined : routes[route.parentId]
  return route?.path === undefined || above?.path ? [] : [`/${route.path}`]
})

const isSecure = ({ public_origin }: WebOptions) => public_origin.startsWith('https:')

interface Asking { raw: FastifyRequest, kind: PageKind }

/**
 * Makes a page for all who wait for it, as a whole and whoever of them leaves. Its nonce is
 * repeated to everybody who gets these bytes, for the second they are kept: it cannot be known
 * before the page is made, no visitor's input is in a page that is the same for all beyond its own
 * address, and whoever reads the nonce can put nothing into the bytes that others get.
 */
async function finishTogether (
  app: FastifyInstance, pages: Pages, { raw, kind }: Asking
): Promise<FinishedPage> {
  const nonce = makeNonce()
  // A question for the head alone makes the page too: its length is in the head.
  const request = toRequest(raw, pages.options, kind.address, { method: 'GET' })
  return finishPage(await renderPage(app, pages, raw, { request, nonce }), nonce)
}

const makeNonce = () => randomBytes(18).toString('base64url')

interface Rendering { request: Request, nonce: string }

async function renderPage (
  app: FastifyInstance, { build, render, options }: Pages, raw: FastifyRequest,
  { request, nonce }: Rendering
): Promise<Response> {
  const context = build.entry.module.createLoadContext(request, {
    nonce,
    request_id: raw.id,
    is_secure: isSecure(options),
    is_demo: options.is_demo ?? false,
    log_error: error => raw.log.error({ err: error, request_id: raw.id }, 'page failed'),
    api_url: typeof options.api_url === 'string' ? options.api_url : '',
    fetch: options.api_url === undefined
      ? createInjectFetch(app, {
        address: raw.ip, request_id: raw.id, user_agent: raw.headers['user-agent'],
        traceparent: raw.span?.traceparent, is_elsewhere: !options.isHere(raw) })
      : forwardingFetch(raw, { ...options, api_url: options.api_url }),
  })
  return render(request, context)
}

/**
 * Tells an API elsewhere for whom the page asks; it believes so if this host is among its trusted
 * proxies.
 */
function forwardingFetch (
  raw: FastifyRequest, { api_url, isHere }: Required<Pick<WebOptions, 'api_url' | 'isHere'>>
): WebRequest['fetch'] {
  const addressOf = typeof api_url === 'string' ? () => '' : api_url
  return (path, init) => {
    const url = addressOf(path.split('?')[0]!) + path
    const headers = new Headers(init.headers)
    headers.set('x-forwarded-for', raw.ip)
    headers.set('x-request-id', raw.id)
    if (!isHere(raw)) headers.set('forwarded', from_elsewhere.forwarded)
    if (raw.span) headers.set('traceparent', raw.span.traceparent)
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

/**
 * The request as the pages see it. Its address has the origin that people type: what a request
 * calls this host (`Host`, `X-Forwarded-Host`) would else stand in links that others follow.
 */
function toRequest (
  raw: FastifyRequest, { public_origin }: WebOptions, address: string, init: RequestInit
): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw.headers)) {
    if (names_of_host.has(name)) continue
    const values = Array.isArray(value) ? value : [value]
    for (const one of values) if (one !== undefined) headers.append(name, one)
  }
  const body = raw.method === 'POST' && Buffer.isBuffer(raw.body) ? new Uint8Array(raw.body) : undefined
  return new Request(public_origin + address, { headers, body, ...init })
}

/** Where a form came from was judged by then, by what this host is called and not by its links. */
const names_of_host =
  new Set(['host', 'origin', 'forwarded', 'x-forwarded-host', 'x-forwarded-proto'])

function allowFile (reply: FastifyReply): void {
  reply.header('content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
}
