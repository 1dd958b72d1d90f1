import { Type } from 'typebox'
import { defineProblem } from './define.ts'

/** Problems that any route may answer; a service's own are declared beside its routes. */

/** One entry for each field that was refused. */
export const FieldErrors = Type.Object({
  errors: Type.Array(Type.Object({ field: Type.String(), message: Type.String() })),
})

export const malformed = defineProblem('request/malformed', 400, 'The request could not be read')
export const invalid = defineProblem('request/invalid', 400, 'Some fields are not valid', FieldErrors)
/** What is said of a field with the number of a payment card, so that pages can say what to do. */
export const holds_card_number = 'holds the number of a card, which no field here takes'
export const unauthenticated = defineProblem('request/unauthenticated', 401, 'A valid token is needed')
export const forbidden = defineProblem('request/forbidden', 403, 'Your role does not allow this')
export const crossOrigin = defineProblem('request/cross-origin', 403, 'Requests with a cookie must come from our own pages')
export const stepUpNeeded = defineProblem(
  'request/step-up-needed', 403, 'Confirm first that it is you',
  Type.Object({ confirm_at: Type.String({ description: 'Where to send the proof' }) }),
)
export const secondFactorMissing = defineProblem(
  'request/second-factor-missing', 403, 'Administrators need a second factor here; set one up first',
)
export const notFound = defineProblem('request/not-found', 404, 'There is nothing here')
export const methodNotAllowed = defineProblem('request/method-not-allowed', 405, 'This address does not answer that method')
/** Says where to ask instead. */
export const hasMoved = defineProblem(
  'request/moved', 410, 'This is asked for elsewhere',
  Type.Object({ use: Type.String({ description: 'Method and path to use instead' }) }),
)
/** The connection closes; a front door has limits of its own. */
export const requestTimeout = defineProblem('request/timeout', 408, 'The request took too long to arrive')
export const tooLarge = defineProblem('request/too-large', 413, 'The body is larger than this address accepts')
export const unsupportedMediaType = defineProblem('request/unsupported-media-type', 415, 'Send JSON')
export const expectationFailed = defineProblem('request/expectation-failed', 417, 'Nobody here fulfils what the request expects')
export const keyReused = defineProblem('request/key-reused', 422, 'This Idempotency-Key was used with another body')
export const tooMany = defineProblem('request/too-many', 429, 'Too many requests, try again later')
export const headersTooLarge = defineProblem('request/headers-too-large', 431, 'The address and headers are larger than this server reads')
export const internalError = defineProblem('request/internal-error', 500, 'Something went wrong on our side')
export const unavailable = defineProblem('request/unavailable', 503, 'Not available right now, try again shortly')

export const platformProblems = [
  malformed, invalid, unauthenticated, forbidden, crossOrigin, stepUpNeeded,
  secondFactorMissing, notFound, methodNotAllowed, requestTimeout, hasMoved, tooLarge,
  unsupportedMediaType, expectationFailed, keyReused, tooMany, headersTooLarge, internalError,
  unavailable,
]
