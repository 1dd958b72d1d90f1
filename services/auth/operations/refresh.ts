import { badRefreshToken } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { refuseForeignPages } from '@fermata/platform/authenticate'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Request } from '@fermata/platform/service'
import type { Ctx, Operation } from '../context.ts'
import { login_lifetime } from '../login-lifetime.ts'
import { findAccount, type AccountRow } from '../queries/accounts.ts'
import {
  insertRefreshToken, lockLoginOfToken, readRefreshToken, replaceRefreshTokens, touchLogin,
  type LoginRow,
} from '../queries/logins.ts'
import { hashToken, newSecretToken } from '../secret-tokens.ts'
import { readRefreshCookie } from '../session-cookies.ts'
import { addressOf, endLogins, replyWithSession, userAgentOf, type OpenLogin } from '../sessions.ts'

/** An answer can get lost on a phone; its program may ask again for as long. */
const grace_s = 10
/** Tabs that open at once ask at once; who asks more often is not a browser. */
const max_live_tokens = 32

type Renewed = { account: AccountRow, login: OpenLogin }

/** Exchanges a refresh token for the next. One used twice was stolen, so its login ends. */
export const refresh: Operation<typeof api.refresh> = async (ctx, request) => {
  const hash = hashToken(takeToken(ctx, request))
  // Refused after the transaction: the end of a login must outlive the refusal.
  const renewed = await ctx.transaction(tx => exchange(ctx, tx, hash, request))
  if (!renewed) throw new Problem(badRefreshToken)
  return replyWithSession(ctx, renewed.account, renewed.login)
}

/** From the body, or from the cookie that a browser sends along with what our own pages ask. */
function takeToken (ctx: Ctx, request: Request<typeof api.refresh>): string {
  if (request.body.refresh_token !== undefined) return request.body.refresh_token
  const token = readRefreshCookie(request.headers.cookie, ctx.settings.PUBLIC_URL)
  if (token === undefined) throw new Problem(badRefreshToken)
  refuseForeignPages(request.headers, ctx.settings.PUBLIC_URL)
  return token
}

/** Two who exchange one token at once wait for each other at the lock on their login. */
async function exchange (
  ctx: Ctx, tx: Tx, hash: Buffer, request: Request,
): Promise<Renewed | null> {
  const login = await lockLoginOfToken(tx, hash, login_lifetime)
  const token = login && await readRefreshToken(tx, hash)
  if (!login || !token) return null
  const user_agent = userAgentOf(request)
  if (token.replaced_s === null) await replaceRefreshTokens(tx, login.id)
  else if (!isLostAnswer(login, { ...token, replaced_s: token.replaced_s }, user_agent)) {
    await endLogins(ctx, tx, { account_id: login.account_id, id: login.id }, request.id)
    return null
  }
  const account = await findAccount(tx, login.account_id)
  if (!account) return null
  const refresh_token = newSecretToken()
  await insertRefreshToken(tx, hashToken(refresh_token), login.id)
  await touchLogin(tx, login.id, user_agent, addressOf(request))
  const { id: login_id, confirmed_at } = login
  return { account, login: { login_id, confirmed_at, refresh_token } }
}

const isLostAnswer = (
  login: LoginRow, token: { replaced_s: number, live_tokens: number }, user_agent: string | null,
) => token.replaced_s <= grace_s && login.user_agent === user_agent &&
  token.live_tokens < max_live_tokens
