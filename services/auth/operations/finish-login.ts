import { challengeOver, wrongProof } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { Problem } from '@fermata/platform/problem'
import type { Request } from '@fermata/platform/service'
import { markOf, readChallenge, spend } from '../challenges.ts'
import type { Ctx, Operation } from '../context.ts'
import { findAccount, holdAccount, type AccountRow } from '../queries/accounts.ts'
import { checkSecondFactor, usePasskey, type UseProof } from '../second-factor.ts'
import { openLogin, replyWithSession } from '../sessions.ts'

/** The second step after a right password. */
export const loginWithSecondFactor: Operation<typeof api.loginWithSecondFactor> =
  async (ctx, request) => {
    const { challenge, ...proof } = request.body
    const { account_id, password_mark } = readChallenge(ctx, challenge, 'second-step')
    const account = await findAccount(ctx.db, account_id!)
    // A password that was changed meanwhile opens no second step either.
    if (!account || markOf(account.password_hash) !== password_mark) {
      throw new Problem(challengeOver)
    }
    const use = await checkSecondFactor(ctx, proof,
      { account, from: request, purpose: 'passkey-second-step' })
    return signIn(ctx, account, request, async tx => {
      await spend(tx, challenge)
      await use(tx)
    })
  }

/** A passkey alone: it is something people have, and asks them who they are. */
export const loginWithPasskey: Operation<typeof api.loginWithPasskey> = async (ctx, request) => {
  const account_id =
    await usePasskey(ctx, request.body.response, { purpose: 'passkey-sign-in' })
  const account = account_id === null ? undefined : await findAccount(ctx.db, account_id)
  if (!account) throw new Problem(wrongProof)
  return signIn(ctx, account, request)
}

async function signIn (
  ctx: Ctx, found: AccountRow, request: Request, use: UseProof = async () => {}
) {
  const { account, login } = await ctx.transaction(async tx => {
    const account = await holdAccount(tx, found.id, found.password_hash)
    if (!account) throw new Problem(challengeOver)
    await use(tx)
    return { account, login: await openLogin(ctx, tx, account, request) }
  })
  return replyWithSession(ctx, account, login)
}
