import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { AccessCode, listTicketTypes, tooManyCodes } from '@fermata/contracts/orders'
import { Value } from 'typebox/value'
import type { Codes } from './choice.ts'
import type { api } from '../server/session.server.ts'

/** A code as the API takes it; what could be none opens nothing, and is not worth asking about. */
export const accessCodeOf = ({ code }: Codes) => Value.Check(AccessCode, code) ? code : undefined

/**
 * What an event sells to whoever has these codes; to whoever tried too many, what it sells to
 * everybody.
 */
export async function listShown (call: ReturnType<typeof api>, event_id: string, codes: Codes) {
  const answer = await call(listTicketTypes, { query: { event_id, code: accessCodeOf(codes) } })
  return isSpent(answer) ? call(listTicketTypes, { query: { event_id } }) : answer
}

const isSpent = (answer: { ok: boolean, problem?: ProblemBody }) =>
  !answer.ok && answer.problem !== undefined && problemIs(answer.problem, tooManyCodes)
