import { getQueue, getQueuePosition, type Queue, type QueuePosition } from '@fermata/contracts/queue'
import type { RouterContextProvider } from 'react-router'
import { optional } from '../server/answers.server.ts'
import { placeFrom } from '../server/queue-cookies.server.ts'
import { api } from '../server/session.server.ts'

export interface QueueView {
  queue: Queue
  /** Null for who has not joined. */
  position: QueuePosition | null
}

/** The waiting room of an event as this visitor sees it; null where there is none. */
export async function loadQueue (
  context: Readonly<RouterContextProvider>, event_id: string
): Promise<QueueView | null> {
  const call = api(context)
  const queue = await optional(call(getQueue, { params: { event_id } }))
  if (!queue) return null
  const token = placeFrom(context, event_id)
  // A token of another database is no place: then they may join again.
  const position = token
    ? await optional(call(getQueuePosition, { params: { event_id }, query: { token } })) : null
  return { queue, position }
}
