import { createHash } from 'node:crypto'
import type { AddressMail } from '@fermata/contracts/auth'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import type { Db, Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import { findRivals, type AccountRow } from './queries/accounts.ts'
import {
  addLinkToken, beginMailPause, findMailPause, putLink, trimLinkTokens, type LinkPurpose,
  type MailPauses,
} from './queries/links.ts'
import { hashToken, newSecretToken } from './secret-tokens.ts'

const hour_s = 3600
/** A mailbox is read within two days; whoever forgot a password waits for the mail. */
const lives_s: Record<LinkPurpose, number> = {
  verify_email: 48 * hour_s, reset_password: hour_s,
}
/** Longer than a mail server is usually away: whoever asked yesterday does not wait any more. */
const mailable_s = 24 * hour_s
/**
 * Between two mails of a kind to one letter box, however its address is spelled: strangers ask for
 * them, too. Whoever needs one tries a few times; who goes on is answered once an hour, and the
 * last link that came stays good as long.
 */
const pauses: MailPauses = { first_s: 60, mails: 5, then_s: hour_s, window_s: 24 * hour_s }
/** As often as a mail is tried. */
const max_tokens = 20

type Mail = AddressMail | 'reset'

/** A link for the mail of that name; none when the address got one a moment ago. */
export async function askForLink (
  tx: Tx, { id, email }: AccountRow, mail: Mail, login_id: string | null,
): Promise<string | null> {
  const link_id = uuidv7()
  const purpose = mail === 'reset' ? 'reset_password' : 'verify_email'
  if (!await beginMailPause(tx, pauseKey(mail, email), pauses)) return null
  await putLink(tx, { id: link_id, account_id: id, purpose, login_id, lives_s: mailable_s })
  return link_id
}

const pauseKey = (mail: Mail, email: string) =>
  createHash('sha256').update(`${mail} ${mailboxOf(email)}`).digest()

/** Seconds until an unproven account's address may get its next mail, one at least. */
export const proofPause = async (tx: Tx, account: AccountRow): Promise<number> =>
  findMailPause(tx, pauseKey(await mailOfProof(tx, account), account.email), pauses)

async function mailOfProof (tx: Tx, account: AccountRow): Promise<AddressMail> {
  const { has_proven, has_older } = await findRivals(tx, account)
  return has_proven ? 'exists' : has_older ? 'verify_again' : 'verify'
}

/**
 * Which mail an unproven account's address gets. A link is stored for each, also where the mail has
 * none: registering takes the same work whether or not somebody has an account.
 */
export async function askForProof (
  tx: Tx, account: AccountRow, login_id: string | null,
): Promise<{ mail: AddressMail, link_id: string } | undefined> {
  const mail = await mailOfProof(tx, account)
  const link_id = await askForLink(tx, account, mail, login_id)
  return link_id === null ? undefined : { mail, link_id }
}

/** A token that whoever sits at the machine hands on, instead of a mail. */
export async function makeResetToken (tx: Tx, account_id: string): Promise<string> {
  const link_id = uuidv7()
  await putLink(tx, {
    id: link_id, account_id, purpose: 'reset_password', login_id: null, lives_s: mailable_s,
  })
  return (await makeToken(tx, link_id))!
}

/** A token for a mail that is being written; null when its link has no use any more. */
export async function makeToken (db: Db, link_id: string): Promise<string | null> {
  const token = newSecretToken()
  if (!await addLinkToken(db, link_id, hashToken(token), lives_s)) return null
  await trimLinkTokens(db, link_id, max_tokens)
  return token
}
