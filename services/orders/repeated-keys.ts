import type { IdempotencyKey } from '@fermata/platform/message-queries'
import { partRepeated as part, type RepeatedAnswers } from '@fermata/platform/repeated-keys'
import type { Outcome, Purchase } from './sell-batch.ts'

const answers: RepeatedAnswers<Outcome> = {
  replay: order_id => ({ kind: 'placed_before', order_id: order_id as string }),
  repeat: first => first.kind === 'placed' ? { ...first, replayed: true } : first,
  reused: () => ({ kind: 'key_reused' }),
}

/** Purchases whose idempotency key was used before are not decided again. */
export const partRepeated = (purchases: Purchase[], used: IdempotencyKey[]) =>
  part(purchases, used, answers)
