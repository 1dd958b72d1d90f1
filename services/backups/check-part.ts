import { json } from 'node:stream/consumers'
import { importRoute, type ImportResult } from '@fermata/contracts/platform'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { digestPart, openPart } from './part-files.ts'
import type { BackupRow, PartRow } from './queries.ts'

/** Puts a stored copy back into its service, which compares every table with the digests inside. */
export async function putBack (
  ctx: Ctx, backup_id: string, service: ServiceName, target: 'live' | 'scratch', request_id?: string
): Promise<ImportResult['tables']> {
  const copy = openPart(ctx.settings.BACKUP_DIR, backup_id, service)
  try {
    const answer = await ctx.callStream(
      importRoute(service),
      { query: { target }, request_id },
      copy,
    )
    return (await json(answer) as ImportResult).tables
  } finally {
    copy.destroy()
  }
}

/**
 * Proves a stored copy: the file is the one that was written, and restored it reads back as it did
 * then.
 * @returns what is wrong, or null
 * @throws Problem `request/unavailable` when the service cannot be asked, which says nothing about
 * the copy
 */
export async function checkPart (
  ctx: Ctx, backup: BackupRow, part: PartRow, request_id?: string
): Promise<string | null> {
  try {
    const sha256 = await digestPart(ctx.settings.BACKUP_DIR, backup.id, part.service)
    if (sha256 !== part.sha256) return 'The file is not the one that was written.'
    const tables = await putBack(ctx, backup.id, part.service, 'scratch', request_id)
    const changed = differingTable(part.tables ?? [], tables)
    return changed === null ? null : `The table ${changed} reads back differently.`
  } catch (error) {
    if (error instanceof Problem && error.definition.status >= 500) throw error
    return explain(error)
  }
}

/** The first table that is not the same in both, or null. */
export function differingTable (
  a: ImportResult['tables'],
  b: ImportResult['tables'],
): string | null {
  const digests = new Map(b.map(table => [table.name, table.sha256]))
  const changed = a.find(table => digests.get(table.name) !== table.sha256)
  if (changed) return changed.name
  return a.length === b.length ? null : 'list'
}

/**
 * For people: the problem's own words, or what the file system said, without a path of this
 * machine.
 */
export function explain (error: unknown): string {
  if (error instanceof Problem) return error.detail ?? error.definition.title
  const code = (error as { code?: string }).code
  if (code === 'ENOENT') return 'The file is gone.'
  if (code === 'ENOSPC') return 'The disk is full.'
  return code ? `The file cannot be used (${code}).` : 'The copy could not be made.'
}
