import { credentialsDeleted, lastAdmin } from '@fermata/contracts/auth'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { deleteAccountRow, lockAccount, lockAdmins } from './queries/accounts.ts'
import { endLogins } from './sessions.ts'

/**
 * Refuses what would leave nobody in charge.
 * @throws Problem `auth/last-admin`
 */
export async function keepOneAdmin (tx: Tx, leaving_id: string): Promise<void> {
  const admins = await lockAdmins(tx)
  if (admins.length === 1 && admins[0] === leaving_id) throw new Problem(lastAdmin)
}

/** Deletes an account with its logins and tells the others, who erase what they hold of it. */
export async function endAccount (
  ctx: Ctx, tx: Tx, user_id: string, request_id?: string,
): Promise<void> {
  await keepOneAdmin(tx, user_id)
  if (!await lockAccount(tx, user_id)) return
  await endLogins(ctx, tx, { account_id: user_id }, request_id)
  const deleted = await deleteAccountRow(tx, user_id)
  if (deleted) await ctx.publish(tx, credentialsDeleted, [{ user_id, ...deleted }], request_id)
}
