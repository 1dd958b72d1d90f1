import { userRegistered } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { uuidv7 } from '@fermata/platform/ids'
import type { Operation } from '../context.ts'
import { admitRegistration } from '../guesses.ts'
import { askForProof } from '../links.ts'
import { refuseWeakPassword } from '../passwords.ts'
import { insertAccount } from '../queries/accounts.ts'
import { storedAddress } from '@fermata/contracts/mailboxes'
import { openLogin, replyWithSession } from '../sessions.ts'

/**
 * Creates an account, signs it in, and has its address proven by mail. An address that belongs to
 * an account makes no difference here: this one works by its own login and never proves it.
 */
export const register: Operation<typeof api.register> = async (ctx, request) => {
  const { password, locale = 'en' } = request.body
  const email = storedAddress(request.body.email)
  const username = request.body.username.trim()
  await refuseWeakPassword(password, { email, username })
  await admitRegistration(ctx, email, request.ip)
  const password_hash = await ctx.resources.passwords.hash(password)
  const { account, login } = await ctx.transaction(async tx => {
    const account = await insertAccount(tx, {
      id: uuidv7(), email, username, password_hash, roles: ['user'], locale, is_verified: false,
    })
    if (!account) throw new Error('A new id is taken')
    const login = await openLogin(ctx, tx, account, request)
    await ctx.publish(tx, userRegistered, [{
      user_id: account.id, email, username, locale, roles: account.roles,
      registered_at: account.created_at, email_verified: false,
      ...await askForProof(tx, account, login.login_id),
    }], request.id)
    return { account, login }
  })
  return replyWithSession(ctx, account, login)
}
