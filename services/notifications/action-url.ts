import { makeLink } from '@fermata/contracts/auth'
import { makeAddressLink } from '@fermata/contracts/users'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import type { DueDelivery } from './queries/deliveries.ts'
import type { Action } from './rules/outgoing.ts'
import { link_ended } from './rules/superseded.ts'

/** What a mail says holds no more, and whoever changed that has told its reader. */
export class Superseded extends Error {}

/** Tokens are made here and stored nowhere: whoever reads our tables can open nothing by them. */
export async function actionUrl (
  ctx: Ctx, { content: { action }, request_id }: DueDelivery,
): Promise<string | null> {
  return action ? urlOf(ctx, action, request_id) : null
}

export const linkUrls = (ctx: Ctx, { content: { links = [] }, request_id }: DueDelivery) =>
  Promise.all(links.map(async link =>
    ({ label: link.label, url: await urlOf(ctx, link, request_id) })))

async function urlOf (ctx: Ctx, action: Action, request_id: string | null): Promise<string> {
  const url = new URL(action.path, ctx.settings.PUBLIC_URL)
  if (action.order_id) url.searchParams.set('token', ctx.tokens.signOrder(action.order_id))
  if (action.link_id) {
    const { token } = await ctx.call(action.link_of === 'users' ? makeAddressLink : makeLink,
      { params: { id: action.link_id }, request_id: request_id ?? undefined })
      .catch((error: unknown) => { throw isGone(error) ? new Superseded(link_ended) : error })
    url.searchParams.set('token', token)
  }
  return url.href
}

export const isGone = (error: unknown) =>
  error instanceof Problem && error.definition.type === notFound.type
