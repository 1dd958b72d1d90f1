import { setTimeout as sleep } from 'node:timers/promises'
import type { Ctx } from './context.ts'
import { accountKey } from './counted-askers.ts'
import { listBuyers } from './queries/fair-shares.ts'

/** Read between sales, in pieces that hold nobody up. */
const read_at_once = 5000
const pause_ms = 5
/** More are no longer remembered one by one: then each buyer is looked up. */
const most_orders = 500_000
const first_id = '00000000-0000-0000-0000-000000000000'
/** Processes that take turns in selling would else read again and again, for nothing. */
const shortest_interval_ms = 5000

const read_at = new WeakMap<Ctx['resources']['regulars'], Map<string, number>>()

/**
 * Takes in who bought before this process sold, after a start or after another process sold: until
 * then every buyer is looked up. Nobody waits for it.
 */
export function rememberPast (ctx: Ctx, event_id: string): void {
  const { regulars } = ctx.resources
  if (!regulars.wantsPast(event_id)) return
  const times = read_at.get(regulars) ?? new Map<string, number>()
  read_at.set(regulars, times)
  const now = performance.now()
  if (now - (times.get(event_id) ?? -Infinity) < shortest_interval_ms) return
  times.set(event_id, now)
  for (const [id, at] of times) if (now - at > shortest_interval_ms) times.delete(id)
  const end = regulars.takePast(event_id)
  read(ctx, event_id).then(end, (error: unknown) => {
    end(false)
    ctx.log.warn({ err: error, event_id }, 'who bought before could not be read; they are looked up')
  })
}

async function read (ctx: Ctx, event_id: string): Promise<boolean> {
  let after = first_id
  for (let count = 0; count < most_orders; count += read_at_once) {
    const rows = await listBuyers(ctx.db, event_id, after, read_at_once)
    for (const { mailbox, visitor, user_id } of rows) {
      ctx.resources.regulars.remember(event_id, [mailbox, visitor, user_id && accountKey(user_id)]
        .filter(key => key !== null))
    }
    if (rows.length < read_at_once) return true
    after = rows.at(-1)!.id
    await sleep(pause_ms)
  }
  return false
}
