import { rolesChanged } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import type { Role } from '@fermata/contracts/fields'
import { notFound } from '@fermata/contracts/problems'
import { personOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import { keepOneAdmin } from '../account-end.ts'
import type { Operation } from '../context.ts'
import { lockAccount, updateRoles } from '../queries/accounts.ts'
import { endLogins, presentAccount } from '../sessions.ts'

/** Sets what a person may do. Their tokens still say what they might before, so those end. */
export const setRoles: Operation<typeof api.setRoles> = async (ctx, request) => {
  const { user_id } = request.params
  const { roles } = request.body
  return ctx.transaction(async tx => {
    if (!roles.includes('admin')) await keepOneAdmin(tx, user_id)
    const account = await lockAccount(tx, user_id)
    if (!account) throw new Problem(notFound)
    if (isSame(account.roles, roles)) return presentAccount(account)
    const { changed_at, ...changed } = await updateRoles(tx, user_id, roles)
    await endLogins(ctx, tx, { account_id: user_id }, request.id)
    await ctx.publish(tx, rolesChanged, [{
      user_id, roles, changed_at, changed_by: personOf(request.caller).user_id,
    }], request.id)
    return presentAccount(changed)
  })
}

const isSame = (some: Role[], others: Role[]) =>
  some.length === others.length && some.every(role => others.includes(role))
