import type { QueueSettings } from '@fermata/contracts/queue'
import type { QueueRow } from './queries/queue.ts'
import { hashOfKey } from './queue-draw.ts'

/**
 * What who manages the event sees of its waiting room; the key of the draw is nobody's before its
 * time.
 */
export const presentQueue = (row: QueueRow): QueueSettings => ({
  event_id: row.event_id, enabled: row.enabled, opens_at: row.opens_at,
  max_in_checkout: row.max_in_checkout,
  pass_minutes: Math.max(1, Math.round(row.pass_seconds / 60)),
  free_joins_per_network: row.free_joins_per_network,
  max_joins_per_network: row.max_joins_per_network,
  key_hash: hashOfKey(row.draw_key),
  drawn_at: row.drawn_at, joined: row.joined, admitted_up_to: row.admitted_up_to,
  in_checkout: row.in_checkout, left_per_second: row.left_per_second,
  admitted_per_second: row.admitted_per_second,
})
