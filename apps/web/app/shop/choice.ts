import type { TicketType } from '@fermata/contracts/orders'

/**
 * The tickets chosen so far live in the address: `?<ticket type id>=<quantity>`. They survive
 * reload, back and sign-in.
 */

export interface Chosen { ticket_type_id: string, quantity: number }

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const max_types = 20
const max_quantity = 100

/** Anything that is not a ticket type and a quantity of one or more is left out. */
export function readChoice (params: URLSearchParams): Chosen[] {
  const chosen = new Map<string, number>()
  for (const [name, text] of params) {
    if (!uuid.test(name) || !/^\d{1,3}$/.test(text) || chosen.size >= max_types) continue
    const quantity = Math.min(Number(text), max_quantity)
    if (quantity > 0) chosen.set(name, quantity)
  }
  return [...chosen].map(([ticket_type_id, quantity]) => ({ ticket_type_id, quantity }))
}

export const choiceQuery = (chosen: readonly Chosen[]): string =>
  String(new URLSearchParams(chosen.map(({ ticket_type_id, quantity }) =>
    [ticket_type_id, String(quantity)])))

/**
 * Quantities that may be chosen of a type now: none, or from its minimum to what its limits leave.
 */
export function quantitiesOf (type: Pick<TicketType, 'available' | 'min_per_order' | 'max_per_order' | 'on_sale'>): number[] {
  if (type.on_sale !== 'open') return []
  const most = Math.min(type.available, type.max_per_order, max_quantity)
  const least = Math.max(1, type.min_per_order)
  return most < least ? [] : Array.from({ length: most - least + 1 }, (_, index) => least + index)
}
