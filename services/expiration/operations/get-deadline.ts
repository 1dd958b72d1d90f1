import type * as api from '@fermata/contracts/expiration'
import { notFound } from '@fermata/contracts/problems'
import { hasRole, type Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findDeadline, type DeadlineRow } from '../queries.ts'
import { present } from './list-deadlines.ts'

/** When a hold ends. What belongs to somebody else does not exist for the caller. */
export const getDeadline: Operation<typeof api.getDeadline> = async (ctx, { params, caller }) => {
  const row = await findDeadline(ctx.db, params.kind, params.subject_id)
  if (!row || !maySee(caller, row)) throw new Problem(notFound)
  return present(row)
}

function maySee (caller: Caller, row: DeadlineRow): boolean {
  if (caller.kind === 'order') return row.kind === 'order_hold' && row.subject_id === caller.order_id
  return hasRole(caller, 'admin') || (caller.kind === 'user' && row.user_id === caller.user_id)
}
