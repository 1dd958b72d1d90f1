import type * as api from '@fermata/contracts/backups'
import { madeSinceRoute, type MadeSince } from '@fermata/contracts/platform'
import { notFound } from '@fermata/contracts/problems'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findBackup } from '../queries.ts'

/** Who restores a backup reads before what goes with it. */
export const getLosses: Operation<typeof api.getLosses> = async (ctx, request) => {
  const { params, id: request_id } = request
  const backup = await findBackup(ctx.db, params.id)
  if (!backup) throw new Problem(notFound)
  const since = backup.taken_at ?? backup.created_at
  const made: MadeSince[] = []
  const unanswered: ServiceName[] = []
  await Promise.all(backup.parts.map(async ({ service }) => {
    try {
      const answer = await ctx.call(madeSinceRoute(service), { body: { since }, request_id })
      made.push(...answer.made)
    } catch (error) {
      ctx.log.warn({ err: error, service }, 'what would be lost could not be asked')
      unanswered.push(service)
    }
  }))
  return {
    since, made: made.toSorted((a, z) => a.what.localeCompare(z.what)),
    unanswered: unanswered.toSorted(),
  }
}
