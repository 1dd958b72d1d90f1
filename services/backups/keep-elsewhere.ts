import type { Ctx } from './context.ts'
import { manifest_file, readManifest } from './copies/manifest.ts'
import { copiesOf } from './copies/open-store.ts'
import { listNotElsewhere, markElsewhere } from './queries.ts'
import { withLock } from './queries/lock.ts'

/**
 * Sees to it that a backup is in the store away from this machine, if one is set and it is here.
 * @returns why it is not there, or null
 */
export async function keepElsewhere (ctx: Ctx, id: string): Promise<string | null> {
  const { store, elsewhere } = copiesOf(ctx.settings)
  if (!elsewhere || !(await store.list()).includes(id)) return null
  try {
    const { parts } = readManifest(await store.read(`${id}/${manifest_file}`))
    const names = [...parts.flatMap(part => part.files.map(file => file.name)), manifest_file]
    for (const name of names) await elsewhere.write(`${id}/${name}`, await store.read(`${id}/${name}`))
    await markElsewhere(ctx.db, id, elsewhere.place)
    return null
  } catch (error) {
    ctx.log.warn({ err: error, backup_id: id }, 'a backup could not be kept elsewhere')
    return `It is not in ${elsewhere.place}: ${(error as Error).message}`
  }
}

/** Whether all files of a backup that is here are there as well; true where no store is set. */
export async function isElsewhere (ctx: Ctx, id: string): Promise<boolean> {
  const { store, elsewhere } = copiesOf(ctx.settings)
  if (!elsewhere || !(await store.list()).includes(id)) return true
  const there = new Set(await elsewhere.names(id).catch(() => []))
  return (await store.names(id)).every(name => there.has(name))
}

/**
 * What the store was away for is kept there when it is back: one backup each time, newest first.
 * @returns whether there may be more to do at once
 */
export async function catchUpElsewhere (ctx: Ctx): Promise<boolean> {
  const { store, elsewhere } = copiesOf(ctx.settings)
  if (!elsewhere) return false
  const missing = await listNotElsewhere(ctx.db, elsewhere.place)
  if (missing.length === 0) return false
  const here = new Set(await store.list())
  // One whose files are damaged here must not keep the others from leaving.
  for (const id of missing.filter(one => here.has(one))) {
    const done = await withLock(ctx, 'backups', () => keepElsewhere(ctx, id))
    if (done?.result === null) return true
  }
  return false
}
