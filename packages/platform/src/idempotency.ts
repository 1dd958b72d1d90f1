import { hash } from 'node:crypto'
import type { AnyRoute } from '@fermata/contracts/define'
import { holds_card_number, invalid, keyReused } from '@fermata/contracts/problems'
import type { Caller } from './caller.ts'
import { holdsCardNumber } from './card-numbers.ts'
import type { Db, Tx } from './database.ts'
import {
  claimIdempotencyKey, findIdempotencyKey, storeIdempotentReply, type IdempotencyRow
} from './message-queries.ts'
import { Problem } from './problem.ts'
import type { Idempotency } from './service.ts'

const keyPattern = /^[\x21-\x7e]{1,255}$/

/**
 * The idempotency of a request, or null where its route has none or the caller sent no key. A key
 * counts for the route and what it is about, by whichever address it was reached.
 */
export function readIdempotency (
  route: AnyRoute, caller: Caller, header: string | string[] | undefined, body: unknown,
  params: unknown
): Idempotency | null {
  if (!route.idempotent || header === undefined) return null
  const message = typeof header !== 'string' || !keyPattern.test(header)
    ? 'must be 1 to 255 visible ASCII characters'
    : holdsCardNumber(header) ? holds_card_number : null
  if (typeof header !== 'string' || message !== null) {
    throw new Problem(invalid, `Idempotency-Key ${message}.`,
      { extensions: { errors: [{ field: 'Idempotency-Key', message }] } })
  }
  const who = caller.kind === 'user' ? caller.user_id : caller.kind === 'order'
    ? caller.order_id : caller.kind
  return {
    scope: `${who} ${route.method} ${filledPath(route.path, params)}`,
    key: header,
    fingerprint: hash('sha256', JSON.stringify(body ?? null), 'buffer'),
    status: Number(Object.keys(route.reply)[0]),
  }
}

const filledPath = (path: string, params: unknown) => !path.includes('{') ? path
  : path.replace(/\{(\w+)\}/g, (_, name: string) => String((params as Record<string, unknown>)[name]))

/**
 * The stored answer of a key that was used before. @throws Problem `request/key-reused` when the
 * body differs
 */
export function replay (stored: IdempotencyRow, idempotency: Idempotency): unknown {
  if (!stored.fingerprint.equals(idempotency.fingerprint)) throw new Problem(keyReused)
  return stored.reply
}

/** The answer given before, if there is one. */
export async function findReplay (
  db: Db, schema: string, idempotency: Idempotency
): Promise<{ status: number, body: unknown } | null> {
  const stored = await findIdempotencyKey(db, schema, idempotency.scope, idempotency.key)
  return stored ? { status: stored.status, body: replay(stored, idempotency) } : null
}

/** Runs `work` once for a key: the claim, the work and the reply commit together. */
export async function once<B> (
  tx: Tx, schema: string, idempotency: Idempotency, work: () => Promise<B>
): Promise<B> {
  const { scope, key } = idempotency
  if (!await claimIdempotencyKey(tx, schema, idempotency)) {
    const stored = await findIdempotencyKey(tx, schema, scope, key)
    if (!stored) throw new Error('An idempotency key was taken and is not there')
    return replay(stored, idempotency) as B
  }
  const body = await work()
  await storeIdempotentReply(tx, schema, scope, key, idempotency.status, body)
  return body
}
