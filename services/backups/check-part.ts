import { json } from 'node:stream/consumers'
import { importRoute, type ImportResult } from '@fermata/contracts/platform'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { BrokenCopy } from './copies/broken-copy.ts'
import { manifest_file, readManifest, type CopyPart } from './copies/manifest.ts'
import { copiesOf, keyOf } from './copies/open-store.ts'
import { checkFiles, differingTable, digestOf, readPart } from './copies/part.ts'
import type { CopyStore } from './copies/store.ts'
import type { BackupRow, PartRow } from './queries.ts'

/** One part of a backup, where it lies. */
export interface Copy { store: CopyStore, key: Buffer, backup_id: string, part: CopyPart }

/**
 * Finds a part of a backup on this machine, or else away from it.
 * @throws BrokenCopy when its list is gone, was changed, or does not know it
 */
export async function findCopy (ctx: Ctx, backup_id: string, service: ServiceName): Promise<Copy> {
  const { store: here, elsewhere, keys } = copiesOf(ctx.settings)
  const is_here = elsewhere === null || (await here.list()).includes(backup_id)
  const store = is_here ? here : elsewhere
  const manifest = readManifest(await store.read(`${backup_id}/${manifest_file}`))
  const key = keyOf(keys, manifest)
  const part = manifest.parts.find(one => one.service === service)
  if (manifest.id !== backup_id || !part) throw new BrokenCopy('The backup has no such part.')
  return { store, key, backup_id, part }
}

/** Puts a stored copy back into its service, which compares every table with the digests inside. */
export async function putBack (
  ctx: Ctx, { store, key, backup_id, part }: Copy, target: 'live' | 'scratch', request_id?: string
): Promise<ImportResult> {
  const copy = readPart(store, key, backup_id, part)
  try {
    const answer = await ctx.callStream(
      importRoute(part.service),
      { query: target === 'live' ? { target, backup_id } : { target }, request_id },
      copy,
    )
    return await json(answer) as ImportResult
  } finally {
    copy.destroy()
  }
}

/**
 * Proves a stored copy: the files are those that were written, and restored they read back as they
 * did then.
 * @returns what is wrong, or null
 * @throws Problem `request/unavailable` when the service cannot be asked, which says nothing about
 * the copy
 */
export async function checkPart (
  ctx: Ctx, backup: BackupRow, part: PartRow, request_id?: string
): Promise<string | null> {
  try {
    const copy = await findCopy(ctx, backup.id, part.service)
    if (digestOf(copy.part) !== part.sha256) return 'The file is not the one that was written.'
    await checkFiles(copy.store, backup.id, copy.part)
    const { tables } = await putBack(ctx, copy, 'scratch', request_id)
    const changed = differingTable(part.tables ?? [], tables)
    return changed === null ? null : `The table ${changed} reads back differently.`
  } catch (error) {
    if (error instanceof Problem && error.definition.status >= 500) throw error
    return explain(error)
  }
}

/**
 * For people: the problem's own words, or what the file system said, without a path of this
 * machine.
 */
export function explain (error: unknown): string {
  if (error instanceof Problem) return error.detail ?? error.definition.title
  if (error instanceof BrokenCopy) return error.message
  const code = (error as { code?: string }).code
  if (code === 'ENOSPC') return 'The disk is full.'
  return code ? `The file cannot be used (${code}).` : 'The copy could not be made.'
}
