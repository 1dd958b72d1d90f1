import type { TicketType } from '@fermata/contracts/orders'

/** What a card says about an event's tickets. */
export interface SaleSummary {
  state: 'open' | 'few' | 'sold_out' | 'upcoming' | 'ended' | 'none'
  /** Lowest price of what can still be had, or of all when nothing can. */
  from_minor: number | null
  currency: string | null
  opens_at: string | null
}

type Summed = Pick<TicketType, 'on_sale' | 'available' | 'capacity' | 'current_price_minor' | 'currency' | 'sales_start'>

/** Below one in ten, people should know that they have to hurry. */
const few_share = 0.1

export function summarizeSale (types: readonly Summed[]): SaleSummary {
  const open = types.filter(type => type.on_sale === 'open')
  const priced = open.length > 0 ? open : types
  const cheapest = priced.reduce<Summed | null>((best, type) =>
    best === null || type.current_price_minor < best.current_price_minor ? type : best, null)
  const opening = types.filter(type => type.on_sale === 'upcoming')
    .map(type => type.sales_start).filter(at => at !== null).sort()
  return {
    state: stateOf(types, open),
    from_minor: cheapest?.current_price_minor ?? null,
    currency: cheapest?.currency ?? null,
    opens_at: opening[0] ?? null,
  }
}

function stateOf (types: readonly Summed[], open: readonly Summed[]): SaleSummary['state'] {
  if (types.length === 0) return 'none'
  if (open.length > 0) {
    const available = open.reduce((sum, type) => sum + type.available, 0)
    const capacity = open.reduce((sum, type) => sum + type.capacity, 0)
    return available <= capacity * few_share ? 'few' : 'open'
  }
  if (types.some(type => type.on_sale === 'upcoming')) return 'upcoming'
  if (types.some(type => type.on_sale === 'sold_out')) return 'sold_out'
  return 'ended'
}
