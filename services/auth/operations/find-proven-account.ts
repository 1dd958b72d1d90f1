import type * as api from '@fermata/contracts/auth'
import { storedAddress } from '@fermata/contracts/mailboxes'
import type { Operation } from '../context.ts'
import { findAccountByEmail } from '../queries/accounts.ts'

/** For rights that are given by address: whoever only registered it has not shown it is theirs. */
export const findProvenAccount: Operation<typeof api.findProvenAccount> = async (
  ctx, { body }
) => {
  const account = await findAccountByEmail(ctx.db, storedAddress(body.email))
  return { user_id: account?.email_verified_at ? account.id : null }
}
