import { notFound } from '@fermata/contracts/problems'
import type { Consumer } from './consumer.ts'
import { max_attempts } from './consumer.ts'
import {
  describeDeadLetter, forgetInbox, takeDeadLetter, type DeadLetterRow,
} from './message-queries.ts'
import { Problem } from './problem.ts'
import type { Context } from './service.ts'

/** A letter after one more try; `retried` is false when it failed again and stays where it was. */
export interface Redelivered { letter: DeadLetterRow, retried: boolean }

export type Redeliver = (letter_id: string) => Promise<Redelivered>

/**
 * Handles a dead letter once more. The letter is taken, the handler runs and its inbox row is
 * written in one transaction, so a process that dies in between leaves the letter in the list.
 * @param consumers of the service, by handler name
 */
export function createRedelivery (ctx: Context, consumers: Map<string, Consumer>): Redeliver {
  return async letter_id => {
    let letter: DeadLetterRow | undefined
    try {
      await ctx.transaction(async tx => {
        letter = await takeDeadLetter(tx, ctx.service, letter_id)
        if (!letter) throw new Problem(notFound)
        const consumer = consumers.get(letter.handler)
        if (!consumer) throw new Error(`Nothing here is called ${letter.handler} any more`)
        // Without its inbox row the event counts as never seen, so the handler runs again.
        await forgetInbox(tx, ctx.service, letter.event_id, letter.handler)
        await consumer.handle(tx, { id: letter.event_id, type: letter.type, data: letter.data,
          request_id: letter.request_id, created_at: letter.created_at, attempts: max_attempts })
      })
      return { letter: letter!, retried: true }
    } catch (error) {
      if (!letter) throw error
      ctx.log.warn(
        { err: error, event_id: letter.event_id, type: letter.type, handler: letter.handler },
        'dead letter failed again'
      )
      await describeDeadLetter(ctx.db, ctx.service, letter_id, String(error))
      return { letter: { ...letter, error: String(error) }, retried: false }
    }
  }
}
