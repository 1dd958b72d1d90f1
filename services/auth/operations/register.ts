import { emailTaken, userRegistered } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { createLink } from '../links.ts'
import { refuseWeakPassword } from '../passwords.ts'
import { insertAccount } from '../queries/accounts.ts'
import { storedAddress } from '@fermata/contracts/mailboxes'
import { openLogin, replyWithSession } from '../sessions.ts'

/** Creates an account, signs it in, and has its address verified by mail. */
export const register: Operation<typeof api.register> = async (ctx, request) => {
  const { password, locale = 'en' } = request.body
  const email = storedAddress(request.body.email)
  const username = request.body.username.trim()
  await refuseWeakPassword(password, { email, username })
  const password_hash = await ctx.resources.passwords.hash(password)
  const { account, login } = await ctx.transaction(async tx => {
    const account = await insertAccount(tx, {
      id: uuidv7(), email, username, password_hash, roles: ['user'], locale, is_verified: false,
    })
    if (!account) throw new Problem(emailTaken)
    const link = await createLink(tx, account.id, 'verify_email')
    await ctx.publish(tx, userRegistered, [{
      user_id: account.id, email, username, locale, roles: account.roles,
      registered_at: account.created_at, verification_token: link?.token ?? null,
    }], request.id)
    return { account, login: await openLogin(ctx, tx, account, request) }
  })
  return replyWithSession(ctx, account, login)
}
