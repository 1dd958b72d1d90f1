import type * as api from '@fermata/contracts/auth'
import { endAccount } from '../account-end.ts'
import type { Operation } from '../context.ts'

/** Deletes the account of a person whom users erases; one that is gone already is no failure. */
export const deleteAccount: Operation<typeof api.deleteAccount> = async (ctx, request) => {
  await ctx.transaction(tx => endAccount(ctx, tx, request.params.user_id, request.id))
  return null
}
