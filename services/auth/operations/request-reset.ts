import { passwordResetRequested } from '@fermata/contracts/auth'
import type { Ctx } from '../context.ts'
import { askForLink } from '../links.ts'
import { findAccount } from '../queries/accounts.ts'
import type { ResetRequest } from './forgot-password.ts'

/** Asks for the link that a forgotten password needs, if the address is anybody's. */
export async function requestReset (ctx: Ctx, job: ResetRequest): Promise<void> {
  const account = job.account_id === null ? undefined : await findAccount(ctx.db, job.account_id)
  if (!account) return
  const { id: user_id, email, username, locale } = account
  await ctx.transaction(async tx => {
    const link_id = await askForLink(tx, account, 'reset', null)
    if (link_id === null) return
    await ctx.publish(tx, passwordResetRequested,
      [{ user_id, email, username, locale, link_id }], job.request_id)
  })
}
