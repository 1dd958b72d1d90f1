import type * as api from '@fermata/contracts/expiration'
import type { ParamsOf } from '@fermata/contracts/define'
import { notFound } from '@fermata/contracts/problems'
import { hasRole, type Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'
import { findDeadline, isOwner } from '../queries.ts'

/** When a hold ends. What belongs to somebody else does not exist for the caller. */
export const getDeadline: Operation<typeof api.getDeadline> = async (ctx, { params, caller }) => {
  const row = await findDeadline(ctx.db, params.kind, params.subject_id)
  if (!row || !await maySee(ctx, caller, params)) throw new Problem(notFound)
  return row
}

async function maySee (
  ctx: Ctx, caller: Caller, { kind, subject_id }: ParamsOf<typeof api.getDeadline>
): Promise<boolean> {
  if (caller.kind === 'order') return kind === 'order_hold' && subject_id === caller.order_id
  return hasRole(caller, 'admin')
    || (caller.kind === 'user' && isOwner(ctx.db, subject_id, caller.user_id))
}
