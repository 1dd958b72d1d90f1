import type * as api from '@fermata/contracts/reconciliation'
import { uuidv7 } from '@fermata/platform/ids'
import { reply } from '@fermata/platform/service'
import type { Ctx, Operation } from '../context.ts'
import { openReconciliation } from '../queries/reconciliations.ts'

/** An administrator wants to know now; while one is open, that one is the answer. */
export const startReconciliation: Operation<typeof api.startReconciliation> = async (
  ctx, request
) => {
  const run = await ctx.write(request, tx =>
    openReconciliation(tx, { id: uuidv7(), trigger: 'request' }))
  ctx.resources.compare()
  return reply(run, { status: 202 })
}

/** By the clock, at night. */
export async function scheduleReconciliation (ctx: Ctx): Promise<void> {
  await openReconciliation(ctx.db, { id: uuidv7(), trigger: 'schedule' })
  ctx.resources.compare()
}
