import { verificationRequested } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import type { Operation } from '../context.ts'
import { createLink } from '../links.ts'
import { ownAccount } from '../own-account.ts'

/** Sends the mail that proves an address again, unless it is proven or the last mail is fresh. */
export const requestVerification: Operation<typeof api.requestVerification> =
  async (ctx, request) => {
    const { id: user_id, email, username, locale, email_verified_at } =
      await ownAccount(ctx.db, request.caller)
    if (email_verified_at !== null) return null
    await ctx.transaction(async tx => {
      const link = await createLink(tx, user_id, 'verify_email')
      if (!link) return
      await ctx.publish(tx, verificationRequested,
        [{ user_id, email, username, locale, ...link }], request.id)
    })
    return null
  }
