import { emailVerified, rolesChanged } from '@fermata/contracts/auth'
import type { Tx } from '@fermata/platform/database'
import type { Ctx } from './context.ts'
import type { DB } from './database.ts'
import { hasAdmin, markVerified, updateRoles, type AccountRow } from './queries/accounts.ts'
import { storedAddress } from '@fermata/contracts/mailboxes'

/** Notes that an address is its owner's and tells the others, once. */
export async function verify (
  ctx: Ctx, tx: Tx<DB>, account: AccountRow, request_id: string,
): Promise<void> {
  const verified = await markVerified(tx, account.id)
  if (!verified) return
  await ctx.publish(tx, emailVerified, [{
    user_id: account.id, email: account.email, ...verified,
  }], request_id)
  await appointFirstAdmin(ctx, tx, account, request_id)
}

/** A new installation has nobody who could appoint an administrator; its settings name one. */
async function appointFirstAdmin (
  ctx: Ctx, tx: Tx<DB>, account: AccountRow, request_id: string,
): Promise<void> {
  const first = ctx.settings.FERMATA_ADMIN_EMAIL
  if (!first || storedAddress(first) !== account.email) return
  if (await hasAdmin(tx)) return
  const { roles, changed_at } = await updateRoles(tx, account.id, ['admin', ...account.roles])
  await ctx.publish(tx, rolesChanged, [{
    user_id: account.id, roles, changed_at, changed_by: account.id,
  }], request_id)
}
