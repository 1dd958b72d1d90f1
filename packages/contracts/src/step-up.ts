import { Type, type Static } from 'typebox'
import { defineProblem, defineRoute } from './define.ts'
import { Timestamp } from './fields.ts'

/** Proving once more that it is you, before something that cannot be taken back. */

export const Confirmation = Type.Object({
  access_token: Type.String({ description: 'Good for what asks for a step-up; the refresh token stays' }),
  expires_in: Type.Integer({ minimum: 1, description: 'Seconds until the access token ends' }),
  confirmed_until: Timestamp,
})
export type Confirmation = Static<typeof Confirmation>

export const wrongProof = defineProblem(
  'auth/wrong-proof', 401, 'This does not prove that it is you',
)

export const confirm = defineRoute({
  method: 'POST', path: '/api/auth/confirm', access: 'user', while_enrolling: true,
  summary: 'Prove again that it is you, before what asks for a step-up',
  body: Type.Object({ password: Type.String({ minLength: 1, maxLength: 200 }) }),
  reply: { 200: Confirmation },
  problems: [wrongProof],
  rate_limit: { max: 10, per_seconds: 60, by: 'account' },
})
