import { mailboxOf } from '@fermata/contracts/mailboxes'

interface Owned { user_id: string | null, holder_email: string, buyer_email: string }

/**
 * Whether a ticket is that of the account and of the letter box somebody says it is: of whoever
 * holds it, or of whoever bought it. Null when nobody is named.
 */
export function belongsTo (
  { user_id, holder_email, buyer_email }: Owned, asked: { user_id?: string, email?: string }
): boolean | null {
  if (asked.user_id === undefined && asked.email === undefined) return null
  if (asked.user_id !== undefined && asked.user_id !== user_id) return false
  if (asked.email === undefined) return true
  return [holder_email, buyer_email].map(mailboxOf).includes(mailboxOf(asked.email))
}
