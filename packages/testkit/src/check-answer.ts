import { createClient, type Call } from '@fermata/contracts/client'
import {
  closeObjects, mediaTypeOf, type AnyRoute, type ProblemDefinition, type Replies,
} from '@fermata/contracts/define'
import { platformProblems } from '@fermata/contracts/problems'
import { problemSchema, problemsOf } from '@fermata/platform/openapi'
import { Compile, type Validator } from 'typebox/compile'

/**
 * Whether an answer is what its contract declares, and so what the API page says: a status that
 * is not declared, a problem of somebody else's and a member that nobody promised are none.
 * @throws with what differs; every answer that a test sees passes here
 */
export function checkAnswer (route: AnyRoute, status: number, body: unknown): void {
  // Whoever has the newest version is told so without a body.
  if (status === 304) return
  const what = `${route.method} ${route.path} answered ${status}`
  const validator = validatorOf(route, status)
  if (validator === undefined) throw new Error(`${what}, which its contract does not declare`)
  if (validator === null || validator.Check(body)) return
  const errors = validator.Errors(body).map(error => `${error.instancePath} ${error.message}`)
  throw new Error(`${what} otherwise than its contract declares: ${errors.join('; ')} in ` +
    JSON.stringify(body).slice(0, 1000))
}

/** Null where the body is no JSON; undefined where there is no such answer. */
type Found = Validator | null | undefined

const known = new WeakMap<AnyRoute, Map<number, Found>>()

function validatorOf (route: AnyRoute, status: number): Found {
  const of = known.get(route) ?? new Map<number, Found>()
  known.set(route, of)
  if (!of.has(status)) of.set(status, compile(route, status))
  return of.get(status)
}

function compile (route: AnyRoute, status: number): Found {
  const reply = (route.reply as Replies)[status]
  if (reply && (mediaTypeOf(reply) || (reply as { type?: string }).type === 'null')) return null
  const problems: readonly ProblemDefinition[] = problemsOf(route).get(status) ??
    platformProblems.filter(problem => problem.status === status)
  const schemas = [
    ...reply ? [reply] : [], ...problems.length > 0 ? [problemSchema(problems)] : []]
  if (schemas.length === 0) return undefined
  const closed = schemas.map(schema => closeObjects(schema))
  return Compile(closed.length === 1 ? closed[0]! : { anyOf: closed })
}

/** A client whose answers are all compared with their contracts. */
export function checkedClient (options: Parameters<typeof createClient>[0]): Call {
  const { call } = createClient(options)
  return (async (route: AnyRoute, input: never) => {
    const answer = await call(route, input)
    const is_ours = answer.ok || answer.problem.type !== 'about:blank'
    if (is_ours) checkAnswer(route, answer.status, answer.ok ? answer.body : answer.problem)
    return answer
  }) as Call
}
