import type * as api from '@fermata/contracts/backups'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { presentBackup } from '../present-backup.ts'
import { findBackup } from '../queries.ts'

/** One backup with its parts. */
export const getBackup: Operation<typeof api.getBackup> = async (ctx, { params }) => {
  const row = await findBackup(ctx.db, params.id)
  if (!row) throw new Problem(notFound)
  return presentBackup(row)
}
