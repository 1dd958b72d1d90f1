import type { Order } from '@fermata/contracts/orders'
import { partRepeated as part, type RepeatedAnswers } from '@fermata/platform/repeated-keys'
import type { KeyRow } from './queries/sell.ts'
import type { Outcome, Purchase } from './sell-batch.ts'

const answers: RepeatedAnswers<Outcome> = {
  replay: stored => ({ kind: 'placed', order: stored as Order, replayed: true }),
  repeat: first => first.kind === 'placed' ? { ...first, replayed: true } : first,
  reused: () => ({ kind: 'key_reused' }),
}

/** Purchases whose idempotency key was used before are not decided again. */
export const partRepeated = (purchases: Purchase[], used: KeyRow[]) =>
  part(purchases, used, answers)
