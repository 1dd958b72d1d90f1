import { notFound } from '@fermata/contracts/problems'
import { admitToMetrics } from '@fermata/platform/metrics-access'
import { Problem } from '@fermata/platform/problem'
import type { Plugin } from '@fermata/platform/service'
import type { Ctx } from './context.ts'
import { prefersHtml } from './rules/accepts-html.ts'
import { portalPage } from './rules/portal-page.ts'
import { comingFromPage } from './rules/coming-from-page.ts'
import { findProblem, problemCatalogue } from './rules/problem-catalogue.ts'
import { problemPage } from './rules/problem-page.ts'
import { style } from './rules/style.ts'

/** These pages have no scripts, no pictures from elsewhere and no forms; nobody may add any. */
const page_policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/** They change with a release only; a minute keeps a reload cheap. */
const page_cache = 'public, max-age=60'

/** What is for people and monitors, which no contract describes: portal, problems, metrics. */
export const addPages: Plugin<Ctx> = async (app, ctx) => {
  const { metrics, settings, version } = ctx
  const portal = portalPage(settings.PUBLIC_URL, version, problemCatalogue)
  type Handler = Parameters<typeof app.route>[0]['handler']

  const get = (url: string, operation: string, handler: Handler) => app.route({
    method: 'GET', url, handler, schema: { hide: true },
    onResponse: async (request, reply) => {
      metrics.observe(ctx.service, operation, reply.statusCode, reply.elapsedTime)
      ctx.log.debug({ request_id: request.id, operation, status: reply.statusCode }, 'request')
    },
  })

  get('/docs', 'getPortal', async (_request, reply) => sendPage(reply, portal))
  get('/docs/coming-from', 'getComingFrom', async (_request, reply) =>
    sendPage(reply, comingFromPage))
  get('/docs/style.css', 'getStyle', async (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', page_cache).send(style))

  get('/problems', 'listProblems', async (request, reply) => {
    reply.header('vary', 'accept')
    if (prefersHtml(request.headers.accept)) return reply.redirect('/docs#problems')
    return reply.send({ items: problemCatalogue })
  })
  get('/problems/:area/:slug', 'getProblem', async (request, reply) => {
    const { area, slug } = request.params as { area: string, slug: string }
    const problem = findProblem(`/problems/${area}/${slug}`)
    if (!problem) throw new Problem(notFound)
    reply.header('vary', 'accept')
    if (prefersHtml(request.headers.accept)) return sendPage(reply, problemPage(problem))
    return reply.send(problem)
  })

  get('/metrics', 'getMetrics', async (request, reply) => {
    admitToMetrics(request, settings.METRICS_TOKEN)
    const text = await metrics.registry.metrics()
    return reply.type(metrics.registry.contentType).header('cache-control', 'no-store').send(text)
  })
}

interface PageReply {
  headers: (headers: Record<string, string>) => unknown
  send: (html: string) => unknown
}

function sendPage (reply: PageReply, html: string) {
  reply.headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': page_policy,
    'cache-control': page_cache,
  })
  return reply.send(html)
}
