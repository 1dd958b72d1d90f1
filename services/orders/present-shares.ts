import type { FairShares } from '@fermata/contracts/orders'
import type { SharesRow } from './queries/fair-shares.ts'
import { default_max_per_buyer } from './rules/fair-shares.ts'

/** Shares as their organiser reads them: the default as a number, none as null. */
export const presentShares = (
  { event_id, network_share_percent, max_per_buyer }: SharesRow
): FairShares => ({
  event_id, network_share_percent,
  max_per_buyer: max_per_buyer === 0 ? null : max_per_buyer ?? default_max_per_buyer,
  is_default: max_per_buyer === null,
})
