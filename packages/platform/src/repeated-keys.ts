import type { IdempotencyKey } from './message-queries.ts'
import type { Idempotency } from './service.ts'

/** A request that waits in a collector, with the key its sender gave it, if any. */
export interface Keyed { idempotency: Idempotency | null }

/** How the answers of a collector tell of a repeated key. */
export interface RepeatedAnswers<A> {
  /** From the stored reply. */
  replay: (reply: unknown) => A
  /** From the answer of a twin that came first in the batch. */
  repeat: (first: A) => A
  /** Of a key that came with another body before. */
  reused: () => A
}

type Named = Pick<Idempotency, 'scope' | 'key'>
/** Neither part contains a line break, so no two pairs share a name. */
const nameOf = ({ scope, key }: Named) => `${scope}\n${key}`

/**
 * Parts the requests whose idempotency key was used before, in the database or earlier in this
 * batch, from those that are to be decided.
 * @returns `fresh`, the requests to decide, and `answer`, which gives every request its answer
 * once they are
 */
export function partRepeated<Q extends Keyed, A> (
  requests: Q[], used: IdempotencyKey[], answers: RepeatedAnswers<A>
): { fresh: Q[], answer: (decided: Map<Q, A>) => A[] } {
  const before = new Map(used.map(row => [nameOf(row), row]))
  const first = new Map<string, Q>()
  const fresh = requests.filter(request => {
    if (!request.idempotency) return true
    const name = nameOf(request.idempotency)
    if (before.has(name) || first.has(name)) return false
    first.set(name, request)
    return true
  })

  function answerOf (request: Q, decided: Map<Q, A>): A {
    const own = decided.get(request)
    if (own) return own
    const { fingerprint } = request.idempotency!
    const name = nameOf(request.idempotency!)
    const earlier = before.get(name)
    if (earlier) {
      return earlier.fingerprint.equals(fingerprint)
        ? answers.replay(earlier.reply) : answers.reused()
    }
    const twin = first.get(name)!
    if (!twin.idempotency!.fingerprint.equals(fingerprint)) return answers.reused()
    return answers.repeat(decided.get(twin)!)
  }

  return { fresh, answer: decided => requests.map(request => answerOf(request, decided)) }
}
