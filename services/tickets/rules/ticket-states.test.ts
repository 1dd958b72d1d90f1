import { TicketStatus } from '@fermata/contracts/tickets'
import { expect, test } from 'vitest'
import { refusalOf } from './admission.ts'
import { next, transitions, type TicketAction } from './ticket-states.ts'

const statuses = TicketStatus.enum as TicketStatus[]
const actions = Object.keys(transitions) as TicketAction[]

test('next: every state with every action, all that is not listed refused', () => {
  const allowed = statuses.flatMap(status => actions.flatMap(action => {
    const after = next(status, action)
    return after ? [`${status} ${action} ${after}`] : []
  }))
  expect(statuses).toEqual(['active', 'used', 'void'])
  expect(allowed).toEqual(['active admit used', 'active void void'])
})

test('refusalOf: every combination of event, cancellation and state', () => {
  const here = 'here'
  const table = statuses.flatMap(status => [true, false].flatMap(event_canceled => [
    'here', 'elsewhere',
  ].map(event_id =>
    [status, event_canceled, event_id, refusalOf({ status, event_canceled, event_id }, here)])))
  expect(table).toEqual([
    ['active', true, 'here', 'event_canceled'], ['active', true, 'elsewhere', 'wrong_event'],
    ['active', false, 'here', null], ['active', false, 'elsewhere', 'wrong_event'],
    ['used', true, 'here', 'event_canceled'], ['used', true, 'elsewhere', 'wrong_event'],
    ['used', false, 'here', 'already_admitted'], ['used', false, 'elsewhere', 'wrong_event'],
    ['void', true, 'here', 'event_canceled'], ['void', true, 'elsewhere', 'wrong_event'],
    ['void', false, 'here', 'void'], ['void', false, 'elsewhere', 'wrong_event'],
  ])
})
