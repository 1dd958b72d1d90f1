import { createHash, timingSafeEqual } from 'node:crypto'
import { forbidden, unauthenticated } from '@fermata/contracts/problems'
import type { FastifyInstance } from 'fastify'
import type { HttpMetrics } from './metrics.ts'
import { Problem } from './problem.ts'
import { createIsHere, type Arrival } from './this-machine.ts'

const isHere = createIsHere('')

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Metrics tell how much a shop sells. This machine may read them, others need the token.
 * @throws Problem 401 where a token would help, 403 where none is set
 */
export function admitToMetrics (arrival: Arrival, token: string | undefined): void {
  const { authorization } = arrival.headers
  if (authorization !== undefined && token !== undefined) {
    const given = /^Bearer (.+)$/i.exec(authorization)?.[1] ?? ''
    // Digests are of one length, which the comparison needs, and so the token's length stays
    // unknown.
    if (timingSafeEqual(digest(given), digest(token))) return
  } else if (authorization === undefined && isHere(arrival)) return
  if (token === undefined) throw new Problem(forbidden, 'Only this machine may read the metrics; set METRICS_TOKEN for others.')
  throw new Problem(unauthenticated, undefined, { headers: { 'www-authenticate': 'Bearer' } })
}

/** `/metrics` of a process; where the gateway runs, it is the gateway's. */
export function addMetricsRoute (
  app: FastifyInstance, metrics: HttpMetrics, token: string | undefined
): void {
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    admitToMetrics(request, token)
    const text = await metrics.registry.metrics()
    return reply.type(metrics.registry.contentType).header('cache-control', 'no-store').send(text)
  })
}
