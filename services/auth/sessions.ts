import { isIP } from 'node:net'
import { loginEnded, type Account, type Session } from '@fermata/contracts/auth'
import { holdsCardNumber } from '@fermata/platform/card-numbers'
import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import { reply, type Request } from '@fermata/platform/service'
import { expires_in, signAccessToken, type LoginFacts } from './confirmations.ts'
import type { Ctx } from './context.ts'
import { device_cookie, place_kept_days, placeOf, rememberPlace } from './places.ts'
import type { AccountRow } from './queries/accounts.ts'
import {
  deleteLogins, findSurplusLogins, insertLogin, insertRefreshToken, type EndLoginsOf,
} from './queries/logins.ts'
import { hashToken, newSecretToken } from './secret-tokens.ts'
import { cookie, sessionCookies } from './session-cookies.ts'

/** Browsers and programs one person may be signed in with; the longest unused one makes room. */
const max_logins = 50
const max_user_agent_length = 300

export const presentAccount = ({ id, email, username, roles }: AccountRow): Account =>
  ({ id, email, username, roles })

/** The program a request comes from, as it calls itself. */
export function userAgentOf (request: Request): string | null {
  const agent = request.headers['user-agent']
  if (typeof agent !== 'string' || holdsCardNumber(agent)) return null
  return agent.slice(0, max_user_agent_length)
}

/** Where a request comes from; what a proxy forwarded that is no address is nothing. */
export const addressOf = ({ ip }: Pick<Request, 'ip'>): string | null => isIP(ip) ? ip : null

export interface OpenLogin extends LoginFacts {
  refresh_token: string
  /** For the cookie of a browser that signed in; absent where a login is only renewed. */
  device?: string
}

/** Begins a login. The transaction holds the account, so that nothing ends its logins meanwhile. */
export async function openLogin (
  ctx: Ctx, tx: Tx, account: AccountRow, request: Request,
): Promise<OpenLogin> {
  const login_id = uuidv7()
  const { confirmed_at } = await insertLogin(tx, {
    id: login_id, account_id: account.id, user_agent: userAgentOf(request),
    address: addressOf(request),
  })
  const device = await rememberPlace(tx, account.id, placeOf(request, ctx.settings.PUBLIC_URL))
  const login = { login_id, confirmed_at, device, refresh_token: newSecretToken() }
  await insertRefreshToken(tx, hashToken(login.refresh_token), login.login_id)
  for (const id of await findSurplusLogins(tx, account.id, max_logins)) {
    await endLogins(ctx, tx, { account_id: account.id, id }, request.id)
  }
  return login
}

/** The tokens of a login, in the body for programs and in cookies for browsers. */
export async function replyWithSession (
  ctx: Ctx, account: AccountRow, login: OpenLogin,
) {
  const session: Session = {
    user: presentAccount(account),
    access_token: await signAccessToken(ctx, account, login),
    refresh_token: login.refresh_token,
    expires_in,
  }
  const headers = {
    'set-cookie': [
      ...sessionCookies(session, ctx.settings.PUBLIC_URL), ...deviceCookies(ctx, login.device),
    ],
  }
  return reply(session, { headers })
}

/** The `Set-Cookie` line by which a browser is known again. */
export const deviceCookies = (ctx: Ctx, device: string | undefined): string[] =>
  device === undefined ? []
    : [cookie(device_cookie, device, place_kept_days * 24 * 3600, ctx.settings.PUBLIC_URL)]

/** Ends logins and tells every process to refuse their access tokens. */
export async function endLogins (
  ctx: Ctx, tx: Tx, of: EndLoginsOf, request_id?: string,
): Promise<number> {
  const ended = await deleteLogins(tx, of)
  const [first] = ended
  if (!first) return 0
  await ctx.publish(tx, loginEnded, [{
    user_id: of.account_id, login_ids: ended.map(login => login.login_id),
    ended_at: first.ended_at,
  }], request_id)
  return ended.length
}
