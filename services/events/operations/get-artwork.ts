import { createHash } from 'node:crypto'
import type * as api from '@fermata/contracts/events'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { drawArtwork } from '../rules/artwork.ts'
import { visibleEvent } from './get-event.ts'

/** A changed title shows within an hour; until then browsers and proxies need not ask. */
const cache_seconds = 3600

/**
 * The event's poster. The same event always gets the same, so the answer is as cacheable as its
 * title.
 */
export const getArtwork: Operation<typeof api.getArtwork> = async (ctx, request) => {
  const { params, query, caller, headers } = request
  const event = await visibleEvent(ctx, caller, params.id)
  const svg = drawArtwork(event, query.format ?? 'card')
  const etag = `"${createHash('sha256').update(svg).digest('base64url').slice(0, 22)}"`
  // A draft must not stay in a cache that others read from.
  const shared = event.status === 'draft' ? 'private' : 'public'
  const answer = { headers: { etag, 'cache-control': `${shared}, max-age=${cache_seconds}`,
    // Unlike the API's answers it may stand in other sites' pages: link previews and newsletters.
    'cross-origin-resource-policy': 'cross-origin' } }
  const known = String(headers['if-none-match'] ?? '').split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
  return known ? reply(null, { ...answer, status: 304 }) : reply(svg, answer)
}
