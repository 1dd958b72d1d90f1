import type * as api from '@fermata/contracts/tickets'
import type { Operation } from '../context.ts'
import { presentTicket } from '../presentation.ts'
import { visibleTicket } from '../visible-ticket.ts'

export const getTicket: Operation<typeof api.getTicket> = async (ctx, { params, caller }) =>
  presentTicket(await visibleTicket(ctx, caller, params.id))
