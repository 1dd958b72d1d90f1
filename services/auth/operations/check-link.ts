import { badLinkToken } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findLinkAccount } from '../queries/accounts.ts'
import { hashToken } from '../secret-tokens.ts'

/** Whether a link still works. Programs that look through mails open it, so nothing is used up. */
export const checkLink: Operation<typeof api.checkLink> = async (ctx, { body }) => {
  const owner = await findLinkAccount(ctx.db, body.purpose, hashToken(body.token))
  if (!owner) throw new Problem(badLinkToken)
  return null
}
