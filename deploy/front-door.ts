import { foundingPrefixes } from '@fermata/contracts/founding-names'
import { services, serviceNames, type ServiceName } from '@fermata/contracts/services'

/** What any front door must know, whichever program it is: which path goes where. */

/** The services, and the pages. */
export type Target = ServiceName | 'web'
export const targets: readonly Target[] = [...serviceNames, 'web']

/** Where the pages listen when they run apart from the services. */
export const web_port = 3000

export const portOf = (target: Target) => target === 'web' ? web_port : services[target].port

/** The name of a target among containers, as Compose and Kubernetes give it out. */
export const hostOf = (target: Target) => target === 'web' ? 'web' : `${target}-service`

/** Exact: what lies below belongs to others, as the pages of events below `/events`. */
export interface Prefix { path: string, target: Target, is_exact?: boolean }

/**
 * Every public prefix, and the names of older texts, the longest first, so that `/api/auth` is
 * looked at before `/api`.
 */
export const publicPrefixes: readonly Prefix[] = [
  ...serviceNames.flatMap(target =>
    services[target].prefixes.map((path): Prefix => ({ path, target }))),
  ...foundingPrefixes.map(({ path, service, is_exact }) => ({ path, target: service, is_exact })),
].sort((a, b) => b.path.length - a.path.length || a.path.localeCompare(b.path))

/** Answered inside only; the services refuse outsiders too, and this is the outer wall. */
export const internal_prefix = '/internal'

/** Tells how much a shop sells, so the front door gives it to its own machine alone. */
export const metrics_path = '/metrics'

/** Connections that stay open while nothing is said: pushes to a page over a WebSocket. */
export const live_path = '/api/notifications/live'

/**
 * Shorthands of development, `/auth/me` for `/api/auth/me`. The shop's pages own
 * `/events/<event>`, so there the shorthand takes only what no event can be called.
 */
export const debugTargets = ['auth', 'users', 'events', 'tickets', 'notifications'] as const
export const debugPattern = (target: typeof debugTargets[number]) =>
  target === 'events' ? '^/events/(?:$|health(?:/|$)|doc/)' : `^/${target}/`

/**
 * Bytes. Above the largest body of any public route and of the pages' forms: the service that
 * answers knows its own limit and says it better.
 */
export const body_limit_bytes = 512 * 1024
