import { findProvenAccount } from '@fermata/contracts/auth'
import * as orders from '@fermata/contracts/orders'
import { unavailable } from '@fermata/contracts/problems'
import * as tickets from '@fermata/contracts/tickets'
import { Problem } from '@fermata/platform/problem'
import { defineService, route, type Context } from '@fermata/platform/service'

export interface Sales { sold: number, held: number, revenue_minor: number, ticket_type_id: string }

/** What the peers know, set by tests. */
export interface Peers {
  sales: Map<string, Sales>
  pools: Map<string, number | null>
  admitted: Map<string, number>
  /** Capacities asked for, in order. */
  asked: (number | null)[]
  /** Events that orders was to look at ahead of the news. */
  learned: Set<string>
  /** Who has proven which address. */
  proven: Map<string, string>
  /** Orders refuses to listen while it is on. */
  deaf: boolean
}

/**
 * The services that events asks, with memory for tables: they keep the contracts' words and let
 * a test say what
 * was sold, which their real selves only learn from a whole purchase.
 */
export function createPeers () {
  const peers: Peers = { sales: new Map(), pools: new Map(), admitted: new Map(), asked: [],
    learned: new Set(), proven: new Map(), deaf: false }
  const none: Sales = { sold: 0, held: 0, revenue_minor: 0, ticket_type_id: '' }
  const ordersPeer = defineService<Context>({
    name: 'orders',
    routes: [
      route(orders.setEventPool, async (_ctx, { params, body }) => {
        const { sold, held } = peers.sales.get(params.event_id) ?? none
        peers.asked.push(body.capacity)
        if (body.capacity !== null && body.capacity < sold + held) {
          throw new Problem(orders.capacityTooSmall, undefined, { extensions: { sold, held } })
        }
        peers.pools.set(params.event_id, body.capacity)
        return { capacity: body.capacity, sold, held }
      }),
      route(orders.learnEvent, async (_ctx, { params }) => {
        if (peers.deaf) throw new Problem(unavailable)
        peers.learned.add(params.event_id)
        return null
      }),
      route(orders.getEventSales, async (_ctx, { params }) => {
        const { sold, held, revenue_minor, ticket_type_id } = peers.sales.get(params.event_id) ??
          none
        const capacity = peers.pools.get(params.event_id) ?? 0
        const price = { price_minor: 1000, currency: 'EUR', capacity, held, sold, revenue_minor }
        return {
          event_id: params.event_id, capacity, held, sold,
          revenue: sold > 0 ? [{ currency: 'EUR', amount_minor: revenue_minor }] : [],
          ticket_types: ticket_type_id ? [{ ticket_type_id, name: 'Adult', ...price }] : [],
        }
      }),
    ],
  })
  const authPeer = defineService<Context>({
    name: 'auth',
    routes: [route(findProvenAccount, async (_ctx, { body }) =>
      ({ user_id: peers.proven.get(body.email) ?? null }))],
  })
  const ticketsPeer = defineService<Context>({
    name: 'tickets',
    routes: [route(tickets.getAdmissions, async (_ctx, { params }) => {
      const admitted = peers.admitted.get(params.event_id) ?? 0
      const { sold, ticket_type_id } = peers.sales.get(params.event_id) ?? none
      const counts = { issued: sold, admitted, voided: 0 }
      return {
        event_id: params.event_id, ...counts,
        ticket_types: ticket_type_id ? [{ ticket_type_id, ...counts }] : [],
      }
    })],
  })
  return { peers, services: [ordersPeer, ticketsPeer, authPeer] }
}
