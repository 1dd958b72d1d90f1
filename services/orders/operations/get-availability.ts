import type { getAvailability as contract } from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import type { Asked, EarlyAnswer } from '@fermata/platform/early-answers'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'

/** What is left, for very many who keep asking: text from memory, or word that nothing changed. */
export const getAvailability: Operation<typeof contract> = async (ctx, { query, headers }) => {
  const answer = await ctx.resources.availability.get(query.event_id)
  if (!answer) throw new Problem(notFound)
  return isKnown(headers['if-none-match'], answer.etag) ? answer.unchanged : answer.full
}

function isKnown (known: string | string[] | undefined, etag: string): boolean {
  if (known === undefined) return false
  return known === etag ||
    String(known).split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
}

const parameter = 'event_id='
const id_length = 36

/**
 * Availability before anything else is done: it is public, alike for all, and already here.
 * Whatever is not plainly such a request gets its answer from the route.
 */
export function getAvailabilityEarly (ctx: Ctx, { query, headers }: Asked): EarlyAnswer | null {
  const is_plain = query.length === parameter.length + id_length && query.startsWith(parameter)
  const answer = is_plain ? ctx.resources.availability.peek(query.slice(parameter.length)) : null
  if (!answer) return null
  return isKnown(headers['if-none-match'], answer.etag) ? answer.early_unchanged : answer.early_full
}
