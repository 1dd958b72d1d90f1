import type { Tx } from '@fermata/platform/database'
import type { Ctx } from './context.ts'
import type { AccountRow } from './queries/accounts.ts'
import { forgetPlaces } from './queries/known-places.ts'
import { deleteLinks } from './queries/links.ts'
import { deletePasskeys, deleteRecoveryCodes, deleteTotp } from './queries/second-factor.ts'
import { endLogins } from './sessions.ts'

/**
 * Voids all by which somebody is signed in to an account, for who sets a new password by mail. Of
 * an account whose address was never proven also all that could sign in again, since whoever had it
 * need not be the owner of its address; of a proven one the second factor stays its owner's.
 */
export async function voidSignIns (
  ctx: Ctx, tx: Tx, { id, email_verified_at }: AccountRow, request_id: string,
): Promise<void> {
  await deleteLinks(tx, id, 'reset_password')
  await deleteLinks(tx, id, 'verify_email')
  await endLogins(ctx, tx, { account_id: id }, request_id)
  if (email_verified_at !== null) return
  await deleteTotp(tx, id)
  await deletePasskeys(tx, id)
  await deleteRecoveryCodes(tx, id)
  await forgetPlaces(tx, id)
}
