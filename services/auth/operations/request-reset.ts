import { passwordResetRequested } from '@fermata/contracts/auth'
import type { Ctx } from '../context.ts'
import { createLink } from '../links.ts'
import { findAccountByEmail } from '../queries/accounts.ts'
import type { ResetRequest } from './forgot-password.ts'

/** Makes the link that a forgotten password asks for, if the address is anybody's. */
export async function requestReset (ctx: Ctx, { email, request_id }: ResetRequest): Promise<void> {
  const account = await findAccountByEmail(ctx.db, email)
  if (!account) return
  await ctx.transaction(async tx => {
    const link = await createLink(tx, account.id, 'reset_password')
    if (!link) return
    await ctx.publish(tx, passwordResetRequested, [{
      user_id: account.id, email, username: account.username, locale: account.locale, ...link,
    }], request_id)
  })
}
