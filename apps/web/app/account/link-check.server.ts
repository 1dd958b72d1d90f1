import { badLinkToken, checkLink } from '@fermata/contracts/auth'
import { problemIs } from '@fermata/contracts/client'
import type { RouterContextProvider } from 'react-router'
import { clientFor } from '../server/session.server.ts'

/**
 * Whether a mail's link is known to be of no use any more, before anybody fills in a form for it.
 * An answer that does not come says nothing.
 */
export async function isLinkOver (
  context: Readonly<RouterContextProvider>, token: string,
  purpose: 'verify_email' | 'reset_password',
): Promise<boolean> {
  if (token.length < 20) return true
  const answer = await clientFor(context, null)(checkLink, { body: { token, purpose } })
    .catch(() => null)
  return answer !== null && !answer.ok && problemIs(answer.problem, badLinkToken)
}
