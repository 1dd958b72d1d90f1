import { access_token_seconds, type Person } from '@fermata/platform/tokens'
import type { Ctx } from './context.ts'
import type { AccountRow } from './queries/accounts.ts'
import { mustEnroll } from './second-factor.ts'

/** What the access tokens of a login say; `confirmed_at` is null for logins of before. */
export interface LoginFacts { login_id: string, confirmed_at: string | null }

/** The access token of a login, as the account is now. */
export async function signAccessToken (
  ctx: Ctx, account: AccountRow, { login_id, confirmed_at }: LoginFacts,
): Promise<string> {
  const person: Person = {
    user_id: account.id, roles: account.roles, login_id, email: account.email,
    email_verified: account.email_verified_at !== null,
    must_enroll: await mustEnroll(ctx, account),
    ...(confirmed_at !== null && { confirmed_at_s: Math.floor(Date.parse(confirmed_at) / 1000) }),
  }
  return ctx.tokens.signAccess(person)
}

/** Seconds until an access token that is made now ends. */
export const expires_in = access_token_seconds
