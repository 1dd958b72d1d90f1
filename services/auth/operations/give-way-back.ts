import { rolesChanged, userRegistered } from '@fermata/contracts/auth'
import { storedAddress } from '@fermata/contracts/mailboxes'
import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import type { Ctx } from '../context.ts'
import { makeResetToken } from '../links.ts'
import { setPassword } from '../passwords.ts'
import {
  findAccountByEmail, hasAdmin, holdAddress, insertAccount, lockAccount, updateRoles,
  type AccountRow,
} from '../queries/accounts.ts'
import { newSecretToken } from '../secret-tokens.ts'
import { endLogins } from '../sessions.ts'
import { voidSignIns } from '../void-sign-ins.ts'

/** `appoint` makes an administrator, `reset` lets somebody in who has lost the way. */
export type WayBack = 'appoint' | 'reset'

/** What whoever sits at the machine hands on; no token where the account's password is known. */
export interface GivenWay { email: string, token: string | null }

/**
 * For the command on the machine, whose user can read the database anyway. An address that was
 * never proven may have been registered by anybody, so nothing that was known of its account signs
 * in any more: the link does.
 * @throws Error a sentence for whoever typed the command
 */
export async function giveWayBack (ctx: Ctx, typed: string, way: WayBack): Promise<GivenWay> {
  const email = storedAddress(typed)
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new Error(`"${typed}" is no address of a mailbox.`)
  const unusable = await ctx.resources.passwords.hash(newSecretToken())
  return ctx.transaction(async tx => {
    await holdAddress(tx, email)
    const known = await findAccountByEmail(tx, email)
    if (!known && way === 'reset') throw new Error(`Nobody has registered with ${email}.`)
    const account = known
      ? (await lockAccount(tx, known.id))!
      : await addAccount(ctx, tx, email, unusable)
    const is_proven = account.email_verified_at !== null
    if (!is_proven) {
      await setPassword(ctx, tx, account.id, unusable)
      await voidSignIns(ctx, tx, account, uuidv7())
    }
    if (way === 'appoint') await makeAdministrator(ctx, tx, account)
    const needs_link = way === 'reset' || !is_proven
    return { email, token: needs_link ? await makeResetToken(tx, account.id) : null }
  })
}

async function addAccount (
  ctx: Ctx, tx: Tx, email: string, password_hash: string,
): Promise<AccountRow> {
  const username = email.split('@', 1)[0]!
  const account = await insertAccount(tx, {
    id: uuidv7(), email, username, password_hash, roles: ['user'], locale: 'en',
    is_verified: false,
  })
  await ctx.publish(tx, userRegistered, [{
    user_id: account!.id, email, username, locale: 'en', roles: account!.roles,
    registered_at: account!.created_at, email_verified: false,
  }])
  return account!
}

/** Tokens say what somebody may do, so the logins that lacked the role end. */
async function makeAdministrator (ctx: Ctx, tx: Tx, account: AccountRow): Promise<void> {
  if (account.roles.includes('admin')) return
  const { roles, changed_at } = await updateRoles(tx, account.id, ['admin', ...account.roles])
  await endLogins(ctx, tx, { account_id: account.id })
  await ctx.publish(tx, rolesChanged,
    [{ user_id: account.id, roles, changed_at, changed_by: account.id }])
}

/** Whether there is nobody yet who could appoint others. */
export const lacksAdministrator = async ({ db }: Pick<Ctx, 'db'>): Promise<boolean> =>
  !await hasAdmin(db)
