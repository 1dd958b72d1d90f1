import { getMyProfile } from '@fermata/contracts/users'
import { createEvent } from '@fermata/contracts/events'
import type { AnyRoute } from '@fermata/contracts/define'
import * as orders from '@fermata/contracts/orders'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import type { BoundRoute, Context, ServiceDefinition } from '@fermata/platform/service'

/** One bug of each kind, put around what the services do; a fuzzer that misses one proves nothing. */

type Services = Record<ServiceName, ServiceDefinition>
type Operation = BoundRoute<AnyRoute>['operation']

function around (
  services: Services, contract: AnyRoute, wrap: (operation: Operation) => Operation
): Services {
  return Object.fromEntries(Object.entries(services).map(([name, service]) => [name, {
    ...service,
    routes: service.routes.map(bound => bound.route.path !== contract.path ||
      bound.route.method !== contract.method ? bound : {
        ...bound, operation: named(wrap(bound.operation as Operation), bound.operation.name),
      }),
  }])) as Services
}

const poolOf = (ctx: unknown) => (ctx as Context).pool

/** Logs and metrics call an operation by its name. */
const named = (operation: Operation, name: string): Operation =>
  Object.defineProperty(operation, 'name', { value: name })

/** Lets a service change its answers before they leave. */
function before (
  services: Services, name: ServiceName, change: (path: string, body: string, reply: {
    removeHeader: (name: string) => unknown }) => string
): Services {
  const plugin = services[name].plugin
  return { ...services, [name]: { ...services[name],
    plugin: async (app, ctx) => {
      app.addHook('onSend', async (request, reply, body) => typeof body === 'string'
        ? change(request.routeOptions.url ?? '', body, reply) : body)
      await plugin?.(app, ctx)
    } } satisfies ServiceDefinition }
}

/** How the fuzzer names each of them. */
export const plantedFindings: readonly RegExp[] = [
  /^no failure: events\.createEvent/,
  /^the answer is declared: events\.getOrganizer: /,
  /^the answer is declared: users\.getMyProfile: undeclared 409/,
  /^nobody reads another's: orders\.listPromoCodes/,
  /^security headers: without x-content-type-options/,
  /^no failure: page /,
]

export const planted_invariant = /what a pool has out is what orders have/

export function withPlantedBugs (services: Services): Services {
  let bugged = around(services, createEvent, operation => (ctx, request) => {
    if (!(request.body as { starts_at: string }).starts_at.endsWith('Z')) throw new RangeError('offset')
    return operation(ctx, request)
  })
  bugged = around(bugged, getMyProfile, () => async () => {
    throw new Problem(orders.queueClosed)
  })
  bugged = around(bugged, orders.listPromoCodes, () => async (ctx, request) => ({
    items: (await poolOf(ctx).query('select * from orders.promo_codes where event_id = $1',
      [(request.query as { event_id: string }).event_id])).rows as never, next_cursor: null }))
  bugged = around(bugged, orders.placeOrder, operation => async (ctx, request) => {
    const placed = await operation(ctx, request)
    const [item] = (request.body as orders.NewOrder).items
    if (item!.quantity !== 2) await poolOf(ctx).query(
      'update orders.pools set held = held - 1 where held > 0 and id = $1', [item!.ticket_type_id])
    return placed
  })
  bugged = before(bugged, 'events', (path, body) =>
    path === '/api/organizers/:id' && body.startsWith('{"id"') ? `{"member_ids":[],${body.slice(1)}` : body)
  return before(bugged, 'tickets', (path, body, reply) => {
    if (path === '/api/tickets/keys') reply.removeHeader('x-content-type-options')
    return body
  })
}

/** What is read of the built pages. */
interface Build { routes: Record<string, { module: { middleware?: unknown[] } }> }

/**
 * Takes the guard from the pages' forms, so that each action meets what is no form.
 * @returns puts it back
 */
export async function unguardForms (): Promise<() => void> {
  const { href } = new URL('../../../apps/web/build/server/index.js', import.meta.url)
  const { routes } = await import(href) as Build
  const root = routes.root!
  const { module } = root
  root.module = { ...module, middleware: [] }
  return () => { root.module = module }
}
