import { badCredentials, wrongProof } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { unauthenticated } from '@fermata/contracts/problems'
import { confirmed_for_seconds, personOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import { reply, type Request } from '@fermata/platform/service'
import { expires_in, signAccessToken } from '../confirmations.ts'
import type { Ctx, Operation } from '../context.ts'
import { ownAccount } from '../own-account.ts'
import { checkPassword } from '../passwords.ts'
import type { AccountRow } from '../queries/accounts.ts'
import { confirmLogin } from '../queries/logins.ts'
import { countFactors } from '../queries/second-factor.ts'
import { checkSecondFactor, oneOf, secondMethods, type UseProof } from '../second-factor.ts'
import { accessCookie } from '../session-cookies.ts'

/** Proves that whoever is signed in still is who they were, and says so in a new access token. */
export const confirm: Operation<typeof api.confirm> = async (ctx, request) => {
  const { login_id } = personOf(request.caller)
  const account = await ownAccount(ctx.db, request.caller)
  const use = await checkProof(ctx, account, request)
  const { confirmed_at } = await ctx.transaction(async tx => {
    const login = await confirmLogin(tx, { id: login_id, account_id: account.id,
      password_hash: account.password_hash })
    // It ended while the password was looked at.
    if (!login) throw new Problem(unauthenticated)
    await use?.(tx)
    return login
  })
  const access_token = await signAccessToken(ctx, account, { login_id, confirmed_at })
  const until_ms = Date.parse(confirmed_at) + confirmed_for_seconds * 1000
  return reply(
    { access_token, expires_in, confirmed_until: new Date(until_ms).toISOString() },
    { headers: { 'set-cookie': accessCookie(access_token, ctx.settings.PUBLIC_URL) } })
}

/**
 * Where there is a second factor the password is not enough: it is what thieves have first.
 * @returns what uses up the proof; undefined for a password
 * @throws Problem `auth/wrong-proof`, `request/too-many`
 */
async function checkProof (
  ctx: Ctx, account: AccountRow, request: Request<typeof api.confirm>,
): Promise<UseProof | undefined> {
  const { login_id } = personOf(request.caller)
  const { password, ...proof } = request.body
  oneOf(request.body, 'password', 'code', 'recovery_code', 'passkey')
  if (password === undefined) {
    return checkSecondFactor(ctx, proof,
      { account, from: request, purpose: 'passkey-confirm', login_id })
  }
  const methods = secondMethods(await countFactors(ctx.db, account.id))
  if (methods.length > 0) throw new Problem(wrongProof, `Prove it by ${methods.join(' or ')}.`)
  await checkPassword(ctx, account, { email: account.email, password, from: request })
    .catch((error: unknown) => {
      throw error instanceof Problem && error.definition === badCredentials
        ? new Problem(wrongProof) : error
    })
  return undefined
}
