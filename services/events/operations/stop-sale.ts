import { learnEvent } from '@fermata/contracts/orders'
import type { Ctx } from '../context.ts'

/**
 * Has orders look at a canceled event. It would hear of it anyway, but news may be long in coming
 * while the message server is away, and tickets must not be sold meanwhile.
 */
export const stopSale = async (
  ctx: Ctx, { event_id, request_id }: { event_id: string, request_id?: string }
): Promise<void> => {
  await ctx.call(learnEvent, { params: { event_id }, request_id })
}
