import type { TicketType } from '@fermata/contracts/orders'

/** What a buyer has to know of a kind of ticket before anything else. */
export type TypeState = 'upcoming' | 'ended' | 'sold_out' | 'few' | 'open'

/** Few enough to matter to somebody who decides now. */
const few = 20

type Offered = Pick<TicketType, 'on_sale' | 'available'>

export function stateOf ({ on_sale, available }: Offered): TypeState {
  if (on_sale === 'upcoming') return 'upcoming'
  if (on_sale === 'ended' || on_sale === 'closed') return 'ended'
  if (on_sale === 'sold_out' || available === 0) return 'sold_out'
  return available <= few ? 'few' : 'open'
}

/** Nothing is left, and something was: a sale that has ended unsold is another thing. */
export function isSoldOut (types: readonly Offered[]): boolean {
  const states = types.map(stateOf)
  return states.includes('sold_out') && states.every(state => state === 'sold_out' || state === 'ended')
}
