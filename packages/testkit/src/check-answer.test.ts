import { defineProblem, defineRoute } from '@fermata/contracts/define'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { checkAnswer } from './check-answer.ts'

const soldOut = defineProblem('test/sold-out', 409, 'Sold out', Type.Object({
  left: Type.Integer({ minimum: 0 }),
}))
const closed = defineProblem('test/closed', 409, 'Closed')
const route = defineRoute({
  method: 'POST', path: '/api/test', access: 'public', summary: 'A test',
  body: Type.Object({ wanted: Type.Integer() }),
  reply: { 201: Type.Object({ id: Type.Integer() }), 204: Type.Null() },
  problems: [soldOut, closed],
})
const problem = (type: string, status: number, more: object = {}) =>
  ({ type: `/problems/${type}`, title: 'x', status, ...more })

test.each([
  [201, { id: 1 }], [204, null],
  [409, problem('test/sold-out', 409, { left: 0, detail: 'None left.' })],
  [409, problem('test/closed', 409)],
  [400, problem('request/invalid', 400, { errors: [{ field: 'wanted', message: 'is missing' }] })],
  [503, problem('request/unavailable', 503)],
])('checkAnswer: %i with %j is declared', (status, body) => {
  expect(() => { checkAnswer(route, status, body) }).not.toThrow()
})

test.each([
  ['a status that is not declared', 200, { id: 1 }],
  ['a member that nobody promised', 201, { id: 1, secret: 2 }],
  ['a member that is missing', 201, {}],
  ['another type', 201, { id: '1' }],
  ['a problem of another route', 409, problem('orders/sold-out', 409)],
  ['a problem without its members', 409, problem('test/sold-out', 409)],
  ['members of another problem', 409, problem('test/closed', 409, { left: 1 })],
  ['a problem that says another status', 409, problem('test/closed', 410)],
])('checkAnswer: %s is refused', (_, status, body) => {
  expect(() => { checkAnswer(route, status, body) }).toThrow('POST /api/test answered')
})
