import type { Tx } from '@fermata/platform/database'
import type { DB } from './database.ts'
import { putLinkToken, type LinkPurpose } from './queries/links.ts'
import { hashToken, newSecretToken } from './secret-tokens.ts'

const hour_s = 3600
/** A mailbox is read within two days; whoever forgot a password waits for the mail. */
const lives_s: Record<LinkPurpose, number> = {
  verify_email: 48 * hour_s, reset_password: hour_s,
}
/** A link younger than this is not replaced, so nobody's mailbox can be flooded. */
const pause_s = 60

export interface Link { token: string, expires_at: string }

/** A new token for a mailed link, of which only a hash is stored; null so soon after the last. */
export async function createLink (
  tx: Tx<DB>, account_id: string, purpose: LinkPurpose,
): Promise<Link | null> {
  const token = newSecretToken()
  const stored = await putLinkToken(tx, {
    account_id, purpose, hash: hashToken(token), lives_s: lives_s[purpose], pause_s,
  })
  return stored ? { token, expires_at: stored.expires_at } : null
}
