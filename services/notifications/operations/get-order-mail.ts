import type * as api from '@fermata/contracts/notifications'
import { notFound } from '@fermata/contracts/problems'
import { userIdOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findMailDue } from '../queries/holders.ts'

/** When the tickets of the caller's order are mailed, where that has to wait. */
export const getOrderMail: Operation<typeof api.getOrderMail> = async (ctx, { params, caller }) => {
  if (caller.kind === 'order' && caller.order_id !== params.id) throw new Problem(notFound)
  const due_at = await findMailDue(ctx.db, params.id, userIdOf(caller))
  return { due_at }
}
