import { createHash } from 'node:crypto'
import type * as api from '@fermata/contracts/auth'
import type { Operation } from '../context.ts'
import { normalizeEmail } from '../rules/normalize-email.ts'

export interface ResetRequest { email: string, request_id: string }

/** One link by mail for whoever asks twice; the job looks whether there is such an account. */
export const forgotPassword: Operation<typeof api.forgotPassword> = async (ctx, request) => {
  const email = normalizeEmail(request.body.email)
  const job: ResetRequest = { email, request_id: request.id }
  // Later and elsewhere, so that an unknown address costs and answers the same here.
  await ctx.transaction(tx => ctx.addJob(tx, 'request-reset', job,
    { key: `reset ${createHash('sha256').update(email).digest('hex')}`, max_attempts: 5 }))
  return null
}
