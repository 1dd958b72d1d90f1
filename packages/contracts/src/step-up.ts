import { Type, type Static } from 'typebox'
import { defineRoute } from './define.ts'
import { Timestamp } from './fields.ts'
import { accountGone, challengeOver, second_proof, wrongProof } from './second-factor.ts'

/** Proving once more that it is you, before something that cannot be taken back. */

export const Confirmation = Type.Object({
  access_token: Type.String({ description: 'Good for what asks for a step-up; the refresh token stays' }),
  expires_in: Type.Integer({ minimum: 1, description: 'Seconds until the access token ends' }),
  confirmed_until: Timestamp,
})
export type Confirmation = Static<typeof Confirmation>

export const confirm = defineRoute({
  method: 'POST', path: '/api/auth/confirm', access: 'user', while_enrolling: true,
  summary: 'Prove again that it is you, before what asks for a step-up',
  description:
    'Exactly one of the proofs: the password, or where there is a second factor, that. '
    + '`GET /api/auth/me` says which in `confirm_with`.',
  body: Type.Object({
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })), ...second_proof,
  }),
  reply: { 200: Confirmation },
  problems: [accountGone, wrongProof, challengeOver],
  rate_limit: { max: 10, per_seconds: 60, by: 'account' },
})
