import type * as api from '@fermata/contracts/auth'
import type { KeySet } from '@fermata/contracts/auth'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'

/** The public halves of the keys whose access tokens are believed. */
export const getKeys: Operation<typeof api.getKeys> = async ctx => {
  // The platform makes Ed25519 keys; its types know only that they are some JWKs.
  const keys = ctx.tokens.jwks() as KeySet
  return reply(keys, { headers: { 'cache-control': 'public, max-age=300' } })
}
