import { getEventFacts } from '@fermata/contracts/events'
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
  return { known, service: defineService({ name: 'events', routes: [route(getEventFacts, getFacts)] }) }
}
