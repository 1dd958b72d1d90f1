import { mailedOften, verificationRequested } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { personOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { askForProof, proofPause } from '../links.ts'
import { ownAccount } from '../own-account.ts'

/**
 * Sends the mail about an address again, unless it is proven. @throws Problem `auth/mailed-often`
 * while the last one is fresh
 */
export const requestVerification: Operation<typeof api.requestVerification> =
  async (ctx, request) => {
    const account = await ownAccount(ctx.db, request.caller)
    const { id: user_id, email, username, locale, email_verified_at } = account
    if (email_verified_at !== null) return null
    await ctx.transaction(async tx => {
      const asked = await askForProof(tx, account, personOf(request.caller).login_id)
      if (!asked) throw new Problem(mailedOften, undefined,
        { headers: { 'retry-after': String(await proofPause(tx, account)) } })
      await ctx.publish(tx, verificationRequested,
        [{ user_id, email, username, locale, ...asked }], request.id)
    })
    return null
  }
