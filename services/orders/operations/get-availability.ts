import type { getAvailability as contract } from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'

/** What is left, for very many who keep asking: bytes from memory, or word that nothing changed. */
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
