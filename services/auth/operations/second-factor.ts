import type * as api from '@fermata/contracts/auth'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { ownAccount } from '../own-account.ts'
import { lockAccount } from '../queries/accounts.ts'
import {
  countFactors, deletePasskeys, deleteRecoveryCodes, deleteTotp, findTotp, listPasskeys,
} from '../queries/second-factor.ts'
import { renewRecoveryCodes } from '../recovery-codes.ts'
import { isRequiredOf } from '../second-factor.ts'
import { endLogins } from '../sessions.ts'
import { max_passkeys, presentPasskey } from './passkeys.ts'

/** What guards the caller's sign-in beside the password. */
export const getSecondFactor: Operation<typeof api.getSecondFactor> = async (ctx, { caller }) => {
  const account = await ownAccount(ctx.db, caller)
  const counts = await countFactors(ctx.db, account.id)
  const totp = await findTotp(ctx.db, account.id)
  const passkeys = await listPasskeys(ctx.db, account.id, max_passkeys)
  return {
    totp_since: totp?.confirmed_at ?? null,
    passkeys: passkeys.map(presentPasskey),
    recovery_codes_left: counts.recovery_codes,
    is_required: isRequiredOf(ctx, account),
  }
}

/** Ten new codes; whoever found the old sheet has nothing. */
export const createRecoveryCodes: Operation<typeof api.createRecoveryCodes> =
  async (ctx, { caller }) => {
    const account = await ownAccount(ctx.db, caller)
    const recovery_codes = await ctx.transaction(async tx => {
      await lockAccount(tx, account.id)
      return renewRecoveryCodes(tx, account.id)
    })
    return reply({ recovery_codes }, { headers: { 'cache-control': 'no-store' } })
  }

/** For somebody who lost phone, passkeys and codes; an administrator has seen their papers. */
export const removeSecondFactor: Operation<typeof api.removeSecondFactor> = async (
  ctx, request,
) => {
  const { user_id } = request.params
  await ctx.transaction(async tx => {
    if (!await lockAccount(tx, user_id)) throw new Problem(notFound)
    await deleteTotp(tx, user_id)
    await deletePasskeys(tx, user_id)
    await deleteRecoveryCodes(tx, user_id)
    await endLogins(ctx, tx, { account_id: user_id }, request.id)
  })
  return null
}
