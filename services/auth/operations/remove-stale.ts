import type { Ctx } from '../context.ts'
import { login_lifetime } from '../login-lifetime.ts'
import { place_kept_days } from '../places.ts'
import { deleteStalePlaces } from '../queries/known-places.ts'
import { deleteSpentChallenges } from '../queries/second-factor.ts'
import { deleteStale } from '../queries/logins.ts'

/** Forgets what has no use any more: unused logins, old links, attempts of yesterday. */
export async function removeStale (ctx: Ctx): Promise<void> {
  await deleteStale(ctx.db, login_lifetime)
  await deleteStalePlaces(ctx.db, place_kept_days)
  await deleteSpentChallenges(ctx.db)
}
