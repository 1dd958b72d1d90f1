import { notFound } from '@fermata/contracts/problems'
import type * as api from '@fermata/contracts/users'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { addToken } from '../queries/address-links.ts'
import { hashToken, newSecretToken } from '../secret-tokens.ts'

/** Gives whoever writes the mail the token for its link; it is known to nobody before. */
export const makeAddressLink: Operation<typeof api.makeAddressLink> = async (ctx, { params }) => {
  const token = newSecretToken()
  if (!await addToken(ctx.db, params.id, hashToken(token))) throw new Problem(notFound)
  return reply({ token }, { headers: { 'cache-control': 'no-store' } })
}
