import type * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { factsOf } from '../managing.ts'

/**
 * For services that meet an event before its first message reached them, such as a draft that gets
 * ticket types.
 */
export const getEventFacts: Operation<typeof api.getEventFacts> = async (ctx, { params }) => {
  const [facts] = await factsOf(ctx.db, [params.id])
  if (!facts) throw new Problem(notFound)
  return facts
}
