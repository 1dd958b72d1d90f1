import type { AnyRoute } from '@fermata/contracts/define'
import type { FastifyRequest } from 'fastify'
import { InvalidRequest } from './http-errors.ts'

/** As in the validator: who sends a thousand learns of the first twenty. */
const max_errors = 20

/**
 * Refuses what a route has no schema for: a query where it declares none, a body where it declares
 * none. With schemas the validator does the same, so no address takes a word that its contract does
 * not say. An empty object says nothing, and many programs send one.
 * @returns null where everything is declared
 */
export function refusalOfUndeclared (route: AnyRoute): ((request: FastifyRequest) => void) | null {
  if (route.query && (route.body || route.raw_body)) return null
  const takes_body = Boolean(route.body ?? route.raw_body)
  return request => {
    if (!route.query) refuseFields(Object.keys(request.query as object))
    if (takes_body) return
    if (request.body !== undefined && request.body !== null) refuseBody(request.body)
    // Of a GET and a HEAD nothing is read, and what is not read cannot be looked into.
    else if (request.method === 'GET' || request.method === 'HEAD') refuseUnread(request)
  }
}

function refuseFields (names: string[]): void {
  if (names.length === 0) return
  throw new InvalidRequest(names.slice(0, max_errors)
    .map(field => ({ field, message: 'is not a field of this request' })))
}

function refuseBody (body: unknown): void {
  if (typeof body === 'object' && !Array.isArray(body)) refuseFields(Object.keys(body as object))
  else throw new InvalidRequest([takes_none])
}

const takes_none = { field: 'body', message: 'is not taken by this address' }

function refuseUnread ({ headers }: FastifyRequest): void {
  const has_body = headers['transfer-encoding'] !== undefined ||
    (headers['content-length'] !== undefined && headers['content-length'] !== '0')
  if (has_body) throw new InvalidRequest([takes_none])
}
