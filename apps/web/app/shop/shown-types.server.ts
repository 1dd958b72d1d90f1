import { AccessCode, listTicketTypes } from '@fermata/contracts/orders'
import { Value } from 'typebox/value'
import type { Codes } from './choice.ts'
import type { api } from '../server/session.server.ts'

/** A code as the API takes it; what could be none opens nothing, and is not worth asking about. */
export const accessCodeOf = ({ code }: Codes) => Value.Check(AccessCode, code) ? code : undefined

/** What an event sells to whoever has these codes. */
export const listShown = (call: ReturnType<typeof api>, event_id: string, codes: Codes) =>
  call(listTicketTypes, { query: { event_id, code: accessCodeOf(codes) } })
