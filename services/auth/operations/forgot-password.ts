import { createHash } from 'node:crypto'
import type * as api from '@fermata/contracts/auth'
import type { Operation } from '../context.ts'
import { findAccountByEmail } from '../queries/accounts.ts'
import { storedAddress } from '@fermata/contracts/mailboxes'

/** Without the address itself: what waits or fails shows in logs. */
export interface ResetRequest { account_id: string | null, request_id: string }

/** Queues the mail for whoever asks; for an unknown address the same is done, up to the mail. */
export const forgotPassword: Operation<typeof api.forgotPassword> = async (ctx, request) => {
  const email = storedAddress(request.body.email)
  const account = await findAccountByEmail(ctx.db, email)
  const job: ResetRequest = { account_id: account?.id ?? null, request_id: request.id }
  await ctx.transaction(tx => ctx.addJob(tx, 'request-reset', job,
    { key: `reset ${createHash('sha256').update(email).digest('hex')}`, max_attempts: 5 }))
  return null
}
