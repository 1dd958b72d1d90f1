import { defineRoute, raw } from '@fermata/contracts/define'
import { Uuid } from '@fermata/contracts/fields'
import { Type } from 'typebox'
import { defineService, route, type Context, type Request } from '../src/service.ts'

const Item = Type.Object({
  quantity: Type.Integer({ minimum: 1, maximum: 10 }),
  note: Type.Optional(Type.String({ maxLength: 20 }))
})
const buy = defineRoute({
  method: 'POST', path: '/api/orders', access: 'public', summary: 'Buy',
  body: Type.Object({ items: Type.Array(Item, { minItems: 1, maxItems: 5 }) }),
  reply: { 200: Type.Object({ total: Type.Integer() }) }, problems: [],
})
export const look = defineRoute({
  method: 'GET', path: '/api/orders/{id}', access: 'public', summary: 'Look',
  params: Type.Object({ id: Uuid }),
  query: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, default: 20 })) }),
  reply: { 200: Type.Object({ id: Uuid, limit: Type.Integer() }) }, problems: [],
})
const break_ = defineRoute({
  method: 'POST', path: '/api/orders/break', access: 'user', summary: 'Break',
  reply: { 200: Type.Object({}) }, problems: [] })
const ask = defineRoute({
  method: 'GET', path: '/api/orders/ask', access: 'public', summary: 'Ask the database',
  reply: { 200: Type.Object({ one: Type.Integer() }) }, problems: [] })
const limited = defineRoute({
  method: 'POST', path: '/api/orders/limited', access: 'public', summary: 'Limited',
  rate_limit: { max: 3, per_seconds: 60, by: 'account' },
  body: Type.Object({ email: Type.String() }), reply: { 200: Type.Object({}) }, problems: [] })
const hook = defineRoute({
  method: 'POST', path: '/api/orders/hook', access: 'public', summary: 'Exact bytes',
  body: raw('application/json'), raw_body: true,
  body_limit_bytes: 100, reply: { 200: Type.Object({ bytes: Type.Integer() }) }, problems: [] })
const attach = defineRoute({
  method: 'POST', path: '/api/orders/attach', access: 'public', summary: 'Attach to what just went',
  reply: { 200: Type.Object({}) }, problems: [] })
export const secret = defineRoute({
  method: 'GET', path: '/internal/orders/secret', access: 'internal', callers: ['payments'], summary: 'Between services',
  reply: { 200: Type.Object({}) }, problems: [] })

/** A small service with one route of each kind the tests of HTTP need. */
export const peer = defineService<Context>({
  name: 'orders',
  routes: [
    route(buy, async function placeOrder (_: Context, { body }: Request<typeof buy>) {
      return { total: body.items.reduce((sum, item) => sum + item.quantity, 0) }
    }),
    route(look, async function getOrder (_: Context, { params, query }: Request<typeof look>) {
      return { id: params.id, limit: query.limit! }
    }),
    route(break_, async function breakDown (): Promise<{}> {
      throw new TypeError('the sealed secret of row 7')
    }),
    route(ask, async function askDatabase (ctx: Context) {
      return (await ctx.pool.query('select 1 as one')).rows[0] as { one: number }
    }),
    route(limited, async function takeLimited () { return {} }),
    route(hook, async function takeHook (_: Context, { body }: Request<typeof hook>) {
      return { bytes: body.length }
    }),
    route(attach, async function attachToGone (ctx: Context) {
      await ctx.pool.query(`
        create temporary table parents (id integer primary key);
        create temporary table children (parent_id integer references parents (id));
        insert into children values (1)`)
      return {}
    }),
    route(secret, async function tellSecret () { return {} }),
  ],
})
