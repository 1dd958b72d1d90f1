import type { Ctx } from '../context.ts'
import { deleteOldLinks } from '../queries/address-links.ts'

/** An address that somebody asked about is not remembered for it. */
export async function removeStale (ctx: Ctx): Promise<void> {
  await deleteOldLinks(ctx.db)
}
