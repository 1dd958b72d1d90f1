import { badCredentials, secondFactorNeeded } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { storedAddress } from '@fermata/contracts/mailboxes'
import { Problem } from '@fermata/platform/problem'
import { challenge_seconds, createChallenge, markOf } from '../challenges.ts'
import type { Ctx, Operation } from '../context.ts'
import { checkPassword } from '../passwords.ts'
import { findAccountByEmail, holdAccount, replaceHash, type AccountRow } from '../queries/accounts.ts'
import { countFactors } from '../queries/second-factor.ts'
import { secondMethods } from '../second-factor.ts'
import { openLogin, replyWithSession } from '../sessions.ts'

/** Signs in with email and password. */
export const login: Operation<typeof api.login> = async (ctx, request) => {
  const email = storedAddress(request.body.email)
  const { password } = request.body
  const checked = await checkPassword(ctx, await findAccountByEmail(ctx.db, email),
    { email, password, from: request })
  const { account, login } = await ctx.transaction(async tx => {
    // Hashing took a while: a password that was changed meanwhile signs nobody in.
    const account = await holdAccount(tx, checked.id, checked.password_hash)
    if (!account) throw new Problem(badCredentials)
    await askForSecondFactor(ctx, account)
    return { account, login: await openLogin(ctx, tx, account, request) }
  })
  await renewHash(ctx, account, password)
  return replyWithSession(ctx, account, login)
}

/** Ends the first step where there is a second. @throws Problem `auth/second-factor-needed` */
async function askForSecondFactor (ctx: Ctx, account: AccountRow): Promise<void> {
  const methods = secondMethods(await countFactors(ctx.db, account.id))
  if (methods.length === 0) return
  const challenge = createChallenge(ctx, 'second-step',
    { account_id: account.id, password_mark: markOf(account.password_hash) })
  throw new Problem(secondFactorNeeded, undefined, {
    extensions: { challenge, methods, expires_in: challenge_seconds },
  })
}

/** Hashes of years ago were made to be slow on the machines of years ago. */
async function renewHash (ctx: Ctx, account: AccountRow, password: string): Promise<void> {
  const { passwords } = ctx.resources
  if (!passwords.isOutdated(account.password_hash)) return
  await replaceHash(ctx.db, account.id, account.password_hash, await passwords.hash(password))
}
