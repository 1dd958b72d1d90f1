import type * as api from '@fermata/contracts/auth'
import type { Operation } from '../context.ts'
import { ownAccount } from '../own-account.ts'
import { presentAccount } from '../sessions.ts'

/** Who is signed in, as of now and not as of the token. */
export const getMe: Operation<typeof api.getMe> = async (ctx, { caller }) => {
  const account = await ownAccount(ctx.db, caller)
  return {
    ...presentAccount(account),
    locale: account.locale,
    email_verified: account.email_verified_at !== null,
    created_at: account.created_at,
  }
}
