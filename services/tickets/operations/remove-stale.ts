import type { Ctx } from '../context.ts'
import { deleteOldResends } from '../queries/resends.ts'

/** Forgets who was mailed again, once it counts no more. */
export async function removeStale (ctx: Ctx): Promise<void> {
  await deleteOldResends(ctx.db)
}
