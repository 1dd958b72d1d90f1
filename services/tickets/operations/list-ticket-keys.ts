import type * as api from '@fermata/contracts/tickets'
import type { Operation } from '../context.ts'
import { listKeys } from '../queries/events.ts'

/** As the contract promises; an event has one, and one more for each change of the secret. */
const max_keys = 1000

export const listTicketKeys: Operation<typeof api.listTicketKeys> = async (ctx, { query }) => ({
  items: (await listKeys(ctx.db, { event_id: query.event_id, limit: max_keys })).map(key => ({
    kid: key.kid, event_id: key.event_id, algorithm: 'Ed25519' as const,
    public_key: key.public_key.toString('base64url'),
  })),
})
