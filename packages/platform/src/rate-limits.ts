import type { AnyRoute } from '@fermata/contracts/define'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import type { FastifyRequest } from 'fastify'
import { networkOf } from './network.ts'

/** What a route's contract allows in a time, as the plugin that counts wants to be told. */
export function limitOf (route: AnyRoute) {
  if (!route.rate_limit) return {}
  const { max, per_seconds, by } = route.rate_limit
  return { rateLimit: {
    max, timeWindow: per_seconds * 1000, hook: 'preHandler' as const,
    keyGenerator: (request: FastifyRequest) =>
      by === 'account' ? accountOf(request) : networkOf(request.ip),
  } }
}

/**
 * Whom a request is about: the signed-in person, else the email it names; the network is part of a
 * guest's key.
 */
function accountOf (request: FastifyRequest): string {
  if (request.caller.kind === 'user') return request.caller.user_id
  const email = (request.body as { email?: unknown } | undefined)?.email
  const network = networkOf(request.ip)
  return typeof email === 'string' ? `${network} ${mailboxOf(email)}` : network
}
