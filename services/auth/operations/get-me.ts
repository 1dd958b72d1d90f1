import type * as api from '@fermata/contracts/auth'
import type { Operation } from '../context.ts'
import { ownAccount } from '../own-account.ts'
import { countFactors } from '../queries/second-factor.ts'
import { isRequiredOf, secondMethods } from '../second-factor.ts'
import { presentAccount } from '../sessions.ts'

/** Who is signed in, as of now and not as of the token. */
export const getMe: Operation<typeof api.getMe> = async (ctx, { caller }) => {
  const account = await ownAccount(ctx.db, caller)
  const methods = secondMethods(await countFactors(ctx.db, account.id))
  return {
    ...presentAccount(account),
    locale: account.locale,
    email_verified: account.email_verified_at !== null,
    confirm_with: methods.length > 0 ? methods : ['password'],
    must_enroll: methods.length === 0 && isRequiredOf(ctx, account),
    created_at: account.created_at,
  }
}
