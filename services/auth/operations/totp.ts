import { noTotpPending, totpInUse, wrongProof } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import { describeTotp, newTotpSecret } from '../adapters/totp.ts'
import type { Operation } from '../context.ts'
import { countGuess } from '../guesses.ts'
import { ownAccount } from '../own-account.ts'
import { placeOf } from '../places.ts'
import { lockAccount } from '../queries/accounts.ts'
import {
  deleteRecoveryCodes, deleteTotp, findTotp, markTotpConfirmed, putTotp,
} from '../queries/second-factor.ts'
import { firstRecoveryCodes } from '../recovery-codes.ts'
import { keepRequired, takeCode } from '../second-factor.ts'

const unstored = { headers: { 'cache-control': 'no-store' } }

/** Makes the secret an app shall know. It guards nothing before the app has shown a code. */
export const enableTotp: Operation<typeof api.enableTotp> = async (ctx, { caller }) => {
  const account = await ownAccount(ctx.db, caller)
  const secret = newTotpSecret()
  const stored = await putTotp(ctx.db, account.id, ctx.resources.secretBox.seal(account.id, secret))
  if (!stored) throw new Problem(totpInUse)
  return reply(describeTotp(secret, account.email), unstored)
}

/** The first code: the app has the secret, so from now on signing in may ask for its codes. */
export const confirmTotp: Operation<typeof api.confirmTotp> = async (ctx, request) => {
  const account = await ownAccount(ctx.db, request.caller)
  const totp = await findTotp(ctx.db, account.id)
  if (!totp || totp.confirmed_at !== null) throw new Problem(noTotpPending)
  const claim = {
    email: account.email, account_id: account.id,
    place: placeOf(request, ctx.settings.PUBLIC_URL),
  }
  const fits = await countGuess(ctx, 'second factor', claim, () =>
    takeCode(ctx, account.id, totp.secret, request.body.code))
  if (!fits) throw new Problem(wrongProof)
  return ctx.transaction(async tx => {
    await lockAccount(tx, account.id)
    if (!await markTotpConfirmed(tx, account.id)) throw new Problem(noTotpPending)
    return reply({ recovery_codes: await firstRecoveryCodes(tx, account.id) }, unstored)
  })
}

/** Forgets the app; recovery codes go with the last thing that they could recover. */
export const removeTotp: Operation<typeof api.removeTotp> = async (ctx, { caller }) => {
  const account = await ownAccount(ctx.db, caller)
  await ctx.transaction(async tx => {
    await lockAccount(tx, account.id)
    await deleteTotp(tx, account.id)
    if (!await keepRequired(ctx, tx, account)) await deleteRecoveryCodes(tx, account.id)
  })
  return null
}
