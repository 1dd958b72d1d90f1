import type * as api from '@fermata/contracts/auth'
import type { Operation } from '../context.ts'
import { listEndedSince } from '../queries/logins.ts'

/** What a process that starts must refuse; it hears of later ones by `login_ended`. */
export const listEndedLogins: Operation<typeof api.listEndedLogins> = async (ctx, { query }) =>
  ({ items: await listEndedSince(ctx.db, query.since) })
