import { getEventFacts, getOrganizerMembers } from '@fermata/contracts/events'
import type { EventFacts } from '@fermata/contracts/fields'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import { defineService, route, type Context, type Operation } from '@fermata/platform/service'

/** An events service that knows the facts a test gives it, for tests of this service alone. */
export function eventsPeer () {
  const known = new Map<string, EventFacts>()
  const getFacts: Operation<typeof getEventFacts, Context> = async (_ctx, { params }) => {
    const facts = known.get(params.id)
    if (!facts) throw new Problem(notFound)
    return facts
  }
  const owners = new Map<string, string[]>()
  const getMembers: Operation<typeof getOrganizerMembers, Context> = async (_ctx, { params }) => ({
    organizer_id: params.id, version: 1,
    members: (owners.get(params.id) ?? []).map(user_id =>
      ({ user_id, role: 'owner' as const, event_id: null })),
  })
  const routes = [route(getEventFacts, getFacts), route(getOrganizerMembers, getMembers)]
  return { known, owners, service: defineService({ name: 'events', routes }) }
}
