/**
 * Who comes: what each buyer wants and does, from the seed alone, so that the same crowd can come
 * again.
 */

/** A kind of ticket of the copied event, as a buyer sees it. */
export interface Offer {
  ticket_type_id: string
  /** Share among the choices. */
  weight: number
  least: number
  most: number
  /** Only where the buyer names the price. */
  price_minor?: number
  access_code?: string
}

/** What a buyer is going to do once the page is open. */
export type Intention = 'look' | 'abandon' | 'cancel' | 'be_declined' | 'pay'

export interface Buyer {
  number: number
  intention: Intention
  offer: Offer
  quantity: number
  /** The answer to the first attempt never arrives; the same key is sent again. */
  loses_answer: boolean
  /** Factors of the average time to think, before the hold and before the payment. */
  thinks: [number, number]
  /** Everybody has an address of their own, as limits for each address are on. */
  address: string
}

/**
 * Assumed, not measured: most who come want to buy, some only look, and of those who hold tickets a
 * fifth never pays.
 */
const intentions: [Intention, number][] = [
  ['look', 0.1], ['abandon', 0.08], ['cancel', 0.04], ['be_declined', 0.05], ['pay', 0.73],
]
const quantities: [number, number][] = [[1, 0.3], [2, 0.5], [3, 0.08], [4, 0.12]]
const answers_lost = 0.03

/** Numbers in [0, 1) that follow from the seed and the buyer's number, and from nothing else. */
function createDice (seed: number, number: number): () => number {
  let state = (Math.imul(seed ^ 0x5bd1e995, 0x27d4eb2f) ^ Math.imul(number + 1, 0x165667b1)) >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}

function choose<T> (choices: readonly (readonly [T, number])[], roll: number): T {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0)
  let left = roll * total
  for (const [choice, weight] of choices) {
    left -= weight
    if (left < 0) return choice
  }
  return choices.at(-1)![0]
}

/** The buyer of this number. @param offers at least one */
export function createBuyer (seed: number, number: number, offers: readonly Offer[]): Buyer {
  const roll = createDice(seed, number)
  const intention = choose(intentions, roll())
  const offer = choose(offers.map(offer => [offer, offer.weight] as const), roll())
  const wanted = choose(quantities, roll())
  return {
    number, intention, offer,
    quantity: Math.min(offer.most, Math.max(offer.least, wanted)),
    loses_answer: roll() < answers_lost,
    thinks: [0.4 + roll() * 1.2, 0.4 + roll() * 1.2],
    address: `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
  }
}

/** Of an opening: half of the crowd comes in the first sixth of the time. */
const first_share = 0.5
const first_part = 1 / 6

/** When a buyer comes, as a part of the opening's length. */
export function arrivalOf (number: number, buyers: number): number {
  const share = number / buyers
  return share < first_share
    ? share / first_share * first_part
    : first_part + (share - first_share) / (1 - first_share) * (1 - first_part)
}
