import type * as api from '@fermata/contracts/gateway'
import type { SystemHealth } from '@fermata/contracts/gateway'
import { readyRoute } from '@fermata/contracts/platform'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { remember } from '@fermata/platform/remember'
import { reply } from '@fermata/platform/service'
import type { Ctx, Operation } from '../context.ts'

/** Who has not answered by then is not ready. */
const answer_within_ms = 1000
/** Anybody may ask, and one question is ten: so all who ask within this time share the answer. */
const remember_ms = 1000

/**
 * Whether every service is ready; 503 when one is not, so that a monitor need not read the body.
 */
export const getSystemHealth: Operation<typeof api.getSystemHealth> = async ctx => {
  const health = await ctx.resources.askEveryone()
  return reply(health, { status: health.status === 'ok' ? 200 : 503 })
}

/** A function that asks all services at once, and no more often than once a second. */
export const createHealthCheck = (ctx: Pick<Ctx, 'call'>): () => Promise<SystemHealth> =>
  remember(remember_ms, () => askAll(ctx))

async function askAll (ctx: Pick<Ctx, 'call'>): Promise<SystemHealth> {
  const answers = await Promise.all(serviceNames.map(async name => {
    const started_ms = performance.now()
    const ready = await isReady(ctx, name)
    return { name, ready, latency_ms: Math.round(performance.now() - started_ms) }
  }))
  return { status: answers.every(({ ready }) => ready) ? 'ok' : 'degraded', services: answers }
}

async function isReady (ctx: Pick<Ctx, 'call'>, name: ServiceName): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => { timer = setTimeout(() => resolve(false),
    answer_within_ms) })
  // A service that is not ready answers 503, and one that is away does not answer: `call` throws
  // for both.
  const ready = ctx.call(readyRoute(name), {}).then(answer => answer.ready, () => false)
  try {
    return await Promise.race([ready, late])
  } finally {
    clearTimeout(timer)
  }
}
