import { Type, type Static } from 'typebox'
import { defineProblem, defineRoute, Empty } from './define.ts'
import { IdParams, Nullable, PersonName, Timestamp, Uuid } from './fields.ts'

/** A second factor beside the password: codes of an app, passkeys, recovery codes. */

const Base64Url = (max_length: number) =>
  Type.String({ minLength: 1, maxLength: max_length, pattern: '^[\\w-]*$' })

export const TotpCode = Type.String({ pattern: '^[0-9]{6}$', maxLength: 6, examples: ['123456'] })
export const RecoveryCode = Type.String({
  minLength: 16, maxLength: 40, description: 'One of the ten, with or without its dashes',
})
/** What ties a second step to the first. */
export const Challenge = Type.String({ minLength: 20, maxLength: 600 })

const Credential = {
  id: Base64Url(1400),
  rawId: Base64Url(1400),
  type: Type.Literal('public-key'),
  authenticatorAttachment: Type.Optional(Type.String({ maxLength: 40 })),
  clientExtensionResults: Type.Optional(Type.Object({
    credProps: Type.Optional(Type.Object({ rk: Type.Optional(Type.Boolean()) })),
  })),
}

/** `PublicKeyCredential.toJSON()` after `navigator.credentials.get`. */
export const PasskeyAssertion = Type.Object({
  ...Credential,
  response: Type.Object({
    clientDataJSON: Base64Url(4000),
    authenticatorData: Base64Url(4000),
    signature: Base64Url(4000),
    userHandle: Type.Optional(Nullable(Base64Url(200))),
  }),
})
export type PasskeyAssertion = Static<typeof PasskeyAssertion>

/** `PublicKeyCredential.toJSON()` after `navigator.credentials.create`. */
export const PasskeyAttestation = Type.Object({
  ...Credential,
  response: Type.Object({
    clientDataJSON: Base64Url(4000),
    attestationObject: Base64Url(20_000),
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 20 }), { maxItems: 10 })),
    authenticatorData: Type.Optional(Base64Url(8000)),
    publicKey: Type.Optional(Base64Url(8000)),
    publicKeyAlgorithm: Type.Optional(Type.Integer({ minimum: -65_536, maximum: 65_536 })),
  }),
})
export type PasskeyAttestation = Static<typeof PasskeyAttestation>

/** One of them; more or none is refused. */
export const second_proof = {
  code: Type.Optional(TotpCode),
  recovery_code: Type.Optional(RecoveryCode),
  passkey: Type.Optional(PasskeyAssertion),
}
export interface SecondProof {
  code?: string, recovery_code?: string, passkey?: PasskeyAssertion
}

export const ProofKind = Type.Enum(['password', 'code', 'recovery_code', 'passkey'])
export type ProofKind = Static<typeof ProofKind>

export const Passkey = Type.Object({
  id: Uuid, name: Type.String(), created_at: Timestamp, last_used_at: Nullable(Timestamp),
})
export type Passkey = Static<typeof Passkey>

export const SecondFactor = Type.Object({
  totp_since: Nullable(Timestamp),
  passkeys: Type.Array(Passkey),
  recovery_codes_left: Type.Integer({ minimum: 0 }),
  is_required: Type.Boolean({ description: 'The last one cannot be removed' }),
})
export type SecondFactor = Static<typeof SecondFactor>

export const NewTotp = Type.Object({
  secret: Type.String({ description: 'Base32, for apps that take no picture' }),
  uri: Type.String({ description: 'otpauth:// with the secret' }),
  qr_svg: Type.String({ description: 'The same as a QR code' }),
})
export type NewTotp = Static<typeof NewTotp>

const RecoveryCodes = Type.Array(Type.String(), {
  description: 'Ten, each good once; shown this once. Empty where there are some already',
})

/** What `navigator.credentials` takes, as WebAuthn level 3 writes it in JSON. */
const PasskeyOptions = Type.Object({ options: Type.Unknown() })

/** Of every route about the caller's own account: its tokens are good for some minutes more. */
export const accountGone = defineProblem(
  'auth/account-gone', 401, 'This account was deleted',
)
export const secondFactorNeeded = defineProblem(
  'auth/second-factor-needed', 401, 'The password is right; now the second factor',
  Type.Object({
    challenge: Challenge,
    methods: Type.Array(ProofKind),
    expires_in: Type.Integer({ minimum: 1, description: 'Seconds until the challenge ends' }),
  }),
)
export const wrongProof = defineProblem(
  'auth/wrong-proof', 401, 'This does not prove that it is you',
)
export const challengeOver = defineProblem(
  'auth/challenge-over', 401, 'That took too long or was used already; begin again',
)
export const totpInUse = defineProblem(
  'auth/totp-in-use', 409, 'An app gives codes for this account already; remove it first',
)
export const noTotpPending = defineProblem(
  'auth/no-totp-pending', 409, 'There is no app to confirm; begin with the QR code',
)
export const tooManyPasskeys = defineProblem(
  'auth/too-many-passkeys', 409, 'This account has as many passkeys as it may; remove one first',
)
export const passkeyInUse = defineProblem(
  'auth/passkey-in-use', 409, 'This passkey belongs to an account already',
)
export const secondFactorRequired = defineProblem(
  'auth/second-factor-required', 409, 'Administrators need a second factor here; add another first',
)

export const getSecondFactor = defineRoute({
  method: 'GET', path: '/api/auth/second-factor', access: 'user', while_enrolling: true,
  summary: 'What guards your sign-in beside the password',
  reply: { 200: SecondFactor },
  problems: [accountGone],
})

export const enableTotp = defineRoute({
  method: 'POST', path: '/api/auth/totp/enable', access: 'user', step_up: true,
  while_enrolling: true,
  summary: 'Begin with an app that gives codes; confirm it with its first',
  reply: { 200: NewTotp },
  problems: [accountGone, totpInUse],
})

export const confirmTotp = defineRoute({
  method: 'POST', path: '/api/auth/totp/confirm', access: 'user', while_enrolling: true,
  summary: 'Finish with an app that gives codes: from now on signing in asks for one',
  body: Type.Object({ code: TotpCode }),
  reply: { 200: Type.Object({ recovery_codes: RecoveryCodes }) },
  problems: [accountGone, wrongProof, noTotpPending],
  rate_limit: { max: 10, per_seconds: 60, by: 'account' },
})

export const removeTotp = defineRoute({
  method: 'DELETE', path: '/api/auth/totp', access: 'user', step_up: true,
  summary: 'Ask for codes of the app no longer',
  reply: { 204: Empty },
  problems: [accountGone, secondFactorRequired],
})

export const createRecoveryCodes = defineRoute({
  method: 'POST', path: '/api/auth/recovery-codes', access: 'user', step_up: true,
  summary: 'Ten new recovery codes; the old ones are void',
  reply: { 200: Type.Object({ recovery_codes: RecoveryCodes }) },
  problems: [accountGone],
})

export const startPasskey = defineRoute({
  method: 'POST', path: '/api/auth/passkeys/options', access: 'user', step_up: true,
  while_enrolling: true,
  summary: 'Begin with a passkey: what navigator.credentials.create takes',
  reply: { 200: PasskeyOptions },
  problems: [accountGone, tooManyPasskeys],
})

export const addPasskey = defineRoute({
  method: 'POST', path: '/api/auth/passkeys', access: 'user', while_enrolling: true,
  summary: 'Finish with a passkey: from now on it signs you in',
  body: Type.Object({ name: PersonName, response: PasskeyAttestation }),
  reply: { 200: Type.Object({ passkey: Passkey, recovery_codes: RecoveryCodes }) },
  problems: [accountGone, wrongProof, challengeOver, passkeyInUse, tooManyPasskeys],
  rate_limit: { max: 10, per_seconds: 60, by: 'account' },
})

export const removePasskey = defineRoute({
  method: 'DELETE', path: '/api/auth/passkeys/{id}', access: 'user', step_up: true,
  summary: 'Let a passkey sign you in no longer',
  params: IdParams,
  reply: { 204: Empty },
  problems: [accountGone, secondFactorRequired],
})

export const askForPasskey = defineRoute({
  method: 'POST', path: '/api/auth/passkeys/ask', access: 'public', only_asks: true,
  while_enrolling: true,
  summary: 'What navigator.credentials.get takes: to sign in, or to confirm while signed in',
  description:
    'With the `challenge` of `auth/second-factor-needed` it names the passkeys of that account, '
    + 'with a token those of its person; else whichever the browser has.',
  body: Type.Object({ challenge: Type.Optional(Challenge) }),
  reply: { 200: PasskeyOptions },
  problems: [challengeOver],
  rate_limit: { max: 60, per_seconds: 60, by: 'address' },
})

export const removeSecondFactor = defineRoute({
  method: 'DELETE', path: '/api/auth/second-factor/{user_id}', access: 'admin', step_up: true,
  summary: 'Take the second factor from somebody who lost theirs; ends their logins',
  params: Type.Object({ user_id: Uuid }),
  reply: { 204: Empty },
  problems: [],
})
