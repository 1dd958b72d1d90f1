import { firstIdAt } from '@fermata/platform/ids'
import type { Ctx } from './context.ts'
import { forgetEndings } from './copies/endings.ts'
import { copiesOf } from './copies/open-store.ts'
import type { CopyStore } from './copies/store.ts'
import { deleteBackup, listKept } from './queries.ts'
import { outdated, type Kept } from './rules/retention.ts'

/**
 * The files first: a row without files tells of the loss, files without a row would lie there for
 * ever. What cannot be removed now, because a bucket is away, is tried again with the next backup.
 */
export async function removeOutdated (ctx: Ctx, current: Kept): Promise<void> {
  const { BACKUP_KEEP_LAST: keep_last, BACKUP_KEEP_DAYS: keep_days } = ctx.settings
  const kept = await listKept(ctx.db)
  const others = kept.filter(backup => backup.id !== current.id)
  const gone = new Set(outdated([...others, current], { keep_last, keep_days }))
  const { store, elsewhere } = copiesOf(ctx.settings)
  const stores = [elsewhere, store].filter(one => one !== null)
  for (const id of gone) {
    await unlessAway(ctx, id, async () => {
      for (const one of stores) await one.remove(id)
      await deleteBackup(ctx.db, id)
    })
  }
  const oldest = kept.filter(({ id }) => !gone.has(id)).map(one => one.taken_at ?? one.created_at)
    .sort()[0]
  for (const one of stores) {
    await unlessAway(ctx, null, async () => {
      await removeLeft(one, new Set(kept.map(({ id }) => id)))
      if (oldest) await forgetEndings(one, oldest)
    })
  }
}

const left_after_ms = 24 * 3_600_000

/** What a command that was killed left without a manifest, and no row of ours tells of. */
async function removeLeft (store: CopyStore, known: ReadonlySet<string>): Promise<void> {
  const until = firstIdAt(Date.now() - left_after_ms)
  for (const id of await store.drafts()) if (id < until && !known.has(id)) await store.remove(id)
}

async function unlessAway (ctx: Ctx, id: string | null, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    ctx.log.warn({ err: error, backup_id: id }, 'what is outdated could not be removed')
  }
}
