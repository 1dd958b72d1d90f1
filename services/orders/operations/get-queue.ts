import type { getQueue as contract } from '@fermata/contracts/queue'
import type { Operation } from '../context.ts'
import { describeRoom } from '../queue-room.ts'
import { requireRoom } from '../require-room.ts'

/** The public side of a waiting room, from memory. */
export const getQueue: Operation<typeof contract> = async (ctx, { params }) =>
  describeRoom(await requireRoom(ctx, params.event_id))
