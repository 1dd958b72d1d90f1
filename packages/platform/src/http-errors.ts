import {
  internalError, invalid, malformed, notFound, tooLarge, tooMany, unavailable, unsupportedMediaType,
} from '@fermata/contracts/problems'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasLostItsParent, isContention, isDatabaseAway } from './database.ts'
import { Problem } from './problem.ts'

/** Thrown by the validator; becomes `request/invalid` with one entry for each refused field. */
export class InvalidRequest extends Error {
  readonly errors: { field: string, message: string }[]

  constructor (errors: { field: string, message: string }[]) {
    super('invalid')
    this.errors = errors
  }
}

const byFastifyCode: Record<string, Problem> = {
  FST_ERR_CTP_BODY_TOO_LARGE: new Problem(tooLarge),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new Problem(unsupportedMediaType),
}

/**
 * The problem that answers an error; what nobody expected becomes a 500 that tells the caller
 * nothing.
 */
export function toProblem (error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof InvalidRequest) return new Problem(
    invalid, undefined, { extensions: { errors: error.errors } }
  )
  const { code = '', statusCode } = error as Partial<FastifyError>
  if (byFastifyCode[code]) return byFastifyCode[code]
  if (statusCode === 429) return new Problem(tooMany)
  if (statusCode && statusCode < 500) return new Problem(malformed)
  if (isDatabaseAway(error) || isContention(error)) {
    return new Problem(unavailable, undefined, { headers: { 'retry-after': '2' } })
  }
  if (hasLostItsParent(error)) return new Problem(notFound)
  return new Problem(internalError)
}

/** Where nobody knows better, e.g. while a database comes back. */
export const again_after_s = 2

/** Sends a problem as text, so that no reply schema cuts its extension members off. */
export function sendProblem (reply: FastifyReply, problem: Problem): FastifyReply {
  const { status } = problem.definition
  if (status === 503) reply.header('retry-after', again_after_s)
  return reply.code(status).headers(problem.headers)
    .type('application/problem+json').send(JSON.stringify(problem.body()))
}

const refusals = new WeakMap<Problem, { headers: string[], body: string }>()

/**
 * Sends a problem that a whole crowd is told in the same second: its text and headers are made
 * once, and nothing of what an answer usually passes through is asked.
 */
export function sendRefusal (reply: FastifyReply, problem: Problem): void {
  let made = refusals.get(problem)
  if (!made) {
    const body = JSON.stringify(problem.body())
    const { 'x-request-id': _, ...usual } = reply.getHeaders()
    const headers = { ...usual, ...problem.headers, 'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(body) }
    const lines = Object.entries(headers).flatMap(([name, value]) => [name, String(value)])
    made = { headers: lines, body }
    refusals.set(problem, made)
  }
  reply.hijack().raw.writeHead(
    problem.definition.status, [...made.headers, 'x-request-id', reply.request.id]).end(made.body)
}

export function handleError (
  error: unknown, request: FastifyRequest, reply: FastifyReply
): FastifyReply {
  const problem = toProblem(error)
  const failed = problem.definition.status >= 500
  // A refusal under overload is no bug, and thousands of stack traces a second would make it worse.
  if (failed && error instanceof Problem) {
    request.log.debug(
      { request_id: request.id, type: problem.definition.type, detail: problem.detail },
      'request refused'
    )
  } else if (failed) request.log.error({ err: error, request_id: request.id }, 'request failed')
  return sendProblem(reply, problem)
}
