import { addressHasAccount, badAddressLink } from '@fermata/contracts/users'
import type * as api from '@fermata/contracts/users'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { isOwned, swapToken } from '../queries/address-links.ts'
import { hashToken, newSecretToken } from '../secret-tokens.ts'

/** Uses up the link of a mail. */
export const openAddress: Operation<typeof api.openAddress> = async (ctx, { body }) => {
  const grant = newSecretToken()
  const opened = await ctx.transaction(async tx => {
    const one = await swapToken(tx, hashToken(body.token), hashToken(grant))
    if (!one) throw new Problem(badAddressLink)
    if (await isOwned(tx, one.email)) throw new Problem(addressHasAccount)
    return one
  })
  return reply({ ...opened, grant }, { headers: { 'cache-control': 'no-store' } })
}
