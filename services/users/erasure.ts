import { deleteAccount, lastAdmin as lastAccountAdmin } from '@fermata/contracts/auth'
import { lastAdmin } from '@fermata/contracts/users'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { erasePeople } from './queries/people.ts'
import { deletePurchasesOf, holdClaims } from './queries/purchases.ts'

/**
 * Removes all that users holds of people, but for the ids that keep late news from reviving them.
 */
export async function erase (tx: Tx, user_ids: string[]): Promise<void> {
  await holdClaims(tx)
  await deletePurchasesOf(tx, user_ids)
  await erasePeople(tx, user_ids)
}

/**
 * Ends a person's sign-in at auth, then erases what is held here. Auth tells everybody else; if we
 * end in between, its news finds us as well.
 * @throws Problem `users/last-admin`
 */
export async function endPerson (ctx: Ctx, user_id: string, request_id: string): Promise<void> {
  try {
    await ctx.call(deleteAccount, { params: { user_id }, request_id })
  } catch (error) {
    const is_last = error instanceof Problem && error.definition.type === lastAccountAdmin.type
    throw is_last ? new Problem(lastAdmin) : error
  }
  await ctx.transaction(tx => erase(tx, [user_id]))
}
