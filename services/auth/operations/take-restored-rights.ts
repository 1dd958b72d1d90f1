import { rolesChanged } from '@fermata/contracts/auth'
import type { copiesRestored } from '@fermata/contracts/backups'
import type { DataOf } from '@fermata/contracts/define'
import type { Tx } from '@fermata/platform/database'
import type { Ctx, Handler } from '../context.ts'
import { lockAdmins, updatePassword, updateRoles } from '../queries/accounts.ts'
import { lockChanges } from '../queries/restored.ts'
import { rolesLeft } from '../rules/roles-left.ts'
import { newSecretToken } from '../secret-tokens.ts'
import { endLogins } from '../sessions.ts'

type Told = DataOf<typeof copiesRestored>

/**
 * Roles that were taken away since a copy are gone again, and passwords that were changed since
 * open nothing any more. What was set after the change that is told of stands.
 */
export const takeRestoredRights: Handler<typeof copiesRestored> = async (ctx, tx, events) => {
  const roles = events.flatMap(({ data }) => data.roles ?? [])
  for (const change of roles.toSorted(byAccount)) await takeRoles(ctx, tx, change)
  const passwords = events.flatMap(({ data }) => data.passwords ?? [])
  if (passwords.length === 0) return
  // Nobody has seen it: the person sets another one by the mailed link.
  const unusable = await ctx.resources.passwords.hash(newSecretToken())
  for (const { user_id, changed_at } of passwords.toSorted(byAccount)) {
    const account = await lockChanges(tx, user_id)
    if (!account || !isOlder(account.password_changed_at, changed_at)) continue
    await updatePassword(tx, user_id, unusable)
    // Somebody may have signed in with the old one since the restore.
    await endLogins(ctx, tx, { account_id: user_id })
  }
}

async function takeRoles (
  ctx: Ctx, tx: Tx, { user_id, roles: last, changed_at }: NonNullable<Told['roles']>[number],
): Promise<void> {
  const admins = await lockAdmins(tx)
  const account = await lockChanges(tx, user_id)
  if (!account || !isOlder(account.roles_changed_at, changed_at)) return
  const left = rolesLeft(account.roles, last)
  if (admins.length === 1 && admins[0] === user_id && !left.includes('admin')) {
    // Somebody has to be in charge, and could take the role away.
    left.push('admin')
    ctx.log.warn({ user_id }, 'the last administrator stays, though the role was taken away')
  }
  if (account.roles.every(role => left.includes(role))) return
  const set = await updateRoles(tx, user_id, left)
  await endLogins(ctx, tx, { account_id: user_id })
  await ctx.publish(tx, rolesChanged,
    [{ user_id, roles: set.roles, changed_at: set.changed_at, changed_by: user_id }])
}

const byAccount = (one: { user_id: string }, other: { user_id: string }) =>
  one.user_id.localeCompare(other.user_id)

const isOlder = (of_copy: string | null, changed_at: string) =>
  of_copy === null || Date.parse(of_copy) < Date.parse(changed_at)
