import type { Ctx } from './context.ts'
import { keepClaim, type DueDelivery } from './queries/deliveries.ts'

/** After it, a mail counts as lost with its process; while it is sent, its claim is renewed. */
export const lease_seconds = 25
export const renew_ms = 8000

/**
 * Renews the claim on a mail while it is sent: a mail server that is slow is no dead process.
 * @param work calls `sent` before it writes down what became of the mail
 */
export async function whileClaimed (
  ctx: Ctx, delivery: DueDelivery, work: (sent: () => void) => Promise<void>
): Promise<void> {
  const renewing = setInterval(() => {
    keepClaim(ctx.db, delivery.id, lease_seconds).catch(() => {})
  }, renew_ms)
  const stop = () => { clearInterval(renewing) }
  try {
    await work(stop)
  } finally {
    stop()
  }
}
