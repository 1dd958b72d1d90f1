import type * as api from '@fermata/contracts/auth'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { makeToken } from '../links.ts'

/** Gives whoever writes a mail the token for its link; it is known to nobody before. */
export const makeLink: Operation<typeof api.makeLink> = async (ctx, { params }) => {
  const token = await makeToken(ctx.db, params.id)
  if (token === null) throw new Problem(notFound)
  return reply({ token }, { headers: { 'cache-control': 'no-store' } })
}
