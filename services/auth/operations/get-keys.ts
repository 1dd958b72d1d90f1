import type * as api from '@fermata/contracts/auth'
import type { KeySet } from '@fermata/contracts/auth'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'

/** The public half of the key that signs access tokens. */
export const getKeys: Operation<typeof api.getKeys> = async ctx => {
  // The platform makes an Ed25519 key; its library knows only that it is some JWK.
  const keys = await ctx.tokens.jwks() as KeySet
  return reply(keys, { headers: { 'cache-control': 'public, max-age=300' } })
}
