import { mailboxOf, storedAddress } from '@fermata/contracts/mailboxes'
import * as api from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { insertLink, isOwned } from '../queries/address-links.ts'

/** Anybody may ask for anybody's address: enough for whoever loses the mail, no flood. */
const pace = { pause_s: 60, a_day: 3 }

/**
 * Has the address mailed. Nothing is looked up but whether an account has it, which the mail alone
 * tells: the answer and its work are the same for all. That it was mailed as often as it may be
 * says what was asked for, and nothing of what is kept.
 * @throws Problem `users/address-link-often`
 */
export const requestAddressLink: Operation<typeof api.requestAddressLink> = async (
  ctx, { body, id: request_id },
) => {
  const email = storedAddress(body.email)
  const link_id = uuidv7()
  await ctx.transaction(async tx => {
    const has_account = await isOwned(tx, email)
    const wait_s = await insertLink(tx, { id: link_id, email, mailbox: mailboxOf(email) }, pace)
    if (wait_s > 0) throw new Problem(api.addressLinkOften, undefined,
      { headers: { 'retry-after': String(wait_s) } })
    await ctx.publish(tx, api.addressLinkRequested,
      [{ link_id, email, locale: body.locale ?? 'en', has_account }], request_id)
  })
  return null
}
