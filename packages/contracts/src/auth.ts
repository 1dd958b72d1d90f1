import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute, Empty } from './define.ts'
import {
  Email, IdParams, ListQuery, Locale, Nullable, Page, PersonName, Role, Timestamp, Uuid,
} from './fields.ts'
import {
  accountGone, Challenge, challengeOver, PasskeyAssertion, ProofKind, second_proof,
  secondFactorNeeded, wrongProof,
} from './second-factor.ts'
import { serviceNames } from './services.ts'

export * from './second-factor.ts'
export * from './step-up.ts'

/** Credentials, logins, tokens and roles. */

/**
 * Long enough for a passphrase, short enough that hashing one stays cheap. Registration asks for
 * 8 characters or more.
 */
const Password = Type.String({ minLength: 1, maxLength: 200 })
const NewPassword = Type.String({ minLength: 8, maxLength: 200 })
const LinkToken = Type.String({
  minLength: 20, maxLength: 200, description: 'From the link in the mail; good once',
})
const Roles = Type.Array(Role, { minItems: 1, maxItems: 4, uniqueItems: true })

export const Account = Type.Object({
  id: Uuid, email: Email, username: PersonName, roles: Type.Array(Role),
})
export type Account = Static<typeof Account>

/** The tokens are set as httpOnly cookies as well, for the web. */
export const Session = Type.Object({
  user: Account,
  access_token: Type.String({ description: 'EdDSA JWT for the Authorization header' }),
  refresh_token: Type.String({ description: 'Opaque; each use returns the next one' }),
  expires_in: Type.Integer({ minimum: 1, description: 'Seconds until the access token ends' }),
})
export type Session = Static<typeof Session>

export const Me = Type.Object({
  id: Uuid,
  email: Email,
  username: PersonName,
  roles: Type.Array(Role),
  locale: Locale,
  email_verified: Type.Boolean(),
  confirm_with: Type.Array(ProofKind, { description: 'What a step-up takes as proof' }),
  must_enroll: Type.Boolean({
    description: 'An administrator who has to set up a second factor before anything else',
  }),
  created_at: Timestamp,
})
export type Me = Static<typeof Me>

/** One signed-in browser or program. */
export const Login = Type.Object({
  id: Uuid,
  created_at: Timestamp,
  last_used_at: Timestamp,
  user_agent: Nullable(Type.String()),
  address: Nullable(Type.String()),
  is_current: Type.Boolean(),
})
export type Login = Static<typeof Login>

export const KeySet = Type.Object({
  keys: Type.Array(Type.Object({
    kty: Type.Literal('OKP'),
    crv: Type.Literal('Ed25519'),
    x: Type.String(),
    kid: Type.String(),
    alg: Type.Literal('EdDSA'),
    use: Type.Literal('sig'),
  })),
})
export type KeySet = Static<typeof KeySet>

export const EndedLogin = Type.Object({ login_id: Uuid, user_id: Uuid, ended_at: Timestamp })
export type EndedLogin = Static<typeof EndedLogin>

export const proofNeeded = defineProblem(
  'auth/proof-needed', 403, 'A link alone proves nothing: send the password, or set a new one',
)
export const mailedOften = defineProblem(
  'auth/mailed-often', 429, 'This address was mailed as often as it may be for now',
)
export const weakPassword = defineProblem(
  'auth/weak-password', 400, 'This password is too easy to guess',
)
export const badCredentials = defineProblem(
  'auth/bad-credentials', 401, 'Email or password is wrong',
)
export const badRefreshToken = defineProblem(
  'auth/bad-refresh-token', 401, 'This refresh token is not valid, sign in again',
)
export const badLinkToken = defineProblem(
  'auth/bad-link-token', 400, 'This link was used already or is too old',
)
export const lastAdmin = defineProblem(
  'auth/last-admin', 409, 'Somebody has to remain administrator',
)

export const register = defineRoute({
  method: 'POST', path: '/api/auth/register', access: 'public',
  aliases: ['/register', '/api/users/register'],
  summary: 'Create an account and sign in',
  description:
    'Answers the same whether or not somebody has an account with this email; a mail tells its '
    + 'owner what is so. An address that is somebody\'s is never proven by another account. '
    + 'Takes no Idempotency-Key: a stored reply would keep tokens in plain text.',
  body: Type.Object({
    email: Email, password: NewPassword, username: PersonName, locale: Type.Optional(Locale),
  }),
  reply: { 201: Session },
  problems: [weakPassword],
  rate_limit: { max: 20, per_seconds: 60, by: 'address' },
})

export const login = defineRoute({
  method: 'POST', path: '/api/auth/login', access: 'public',
  aliases: ['/login', '/api/users/login'],
  summary: 'Sign in',
  body: Type.Object({ email: Email, password: Password }),
  reply: { 200: Session },
  problems: [badCredentials, secondFactorNeeded],
  rate_limit: { max: 10, per_seconds: 60, by: 'account' },
})

export const loginWithSecondFactor = defineRoute({
  method: 'POST', path: '/api/auth/login/second-factor', access: 'public',
  summary: 'Finish signing in with the second factor',
  description:
    '`challenge` is what the problem `auth/second-factor-needed` brought. Exactly one of the proofs.',
  body: Type.Object({ challenge: Challenge, ...second_proof }),
  reply: { 200: Session },
  problems: [wrongProof, challengeOver],
  rate_limit: { max: 20, per_seconds: 60, by: 'address' },
})

export const loginWithPasskey = defineRoute({
  method: 'POST', path: '/api/auth/login/passkey', access: 'public',
  summary: 'Sign in with a passkey alone',
  body: Type.Object({ response: PasskeyAssertion }),
  reply: { 200: Session },
  problems: [wrongProof, challengeOver],
  rate_limit: { max: 20, per_seconds: 60, by: 'address' },
})

export const refresh = defineRoute({
  method: 'POST', path: '/api/auth/refresh', access: 'public',
  aliases: ['/api/users/refresh'],
  summary: 'Exchange a refresh token, of the body or the cookie, for the next tokens',
  description:
    'The token comes in the body or in the cookie. A token that was used before ends its login.',
  body: Type.Object({
    refresh_token: Type.Optional(Type.String({ minLength: 20, maxLength: 200 })),
  }),
  reply: { 200: Session },
  problems: [badRefreshToken],
  rate_limit: { max: 60, per_seconds: 60, by: 'address' },
})

export const logout = defineRoute({
  method: 'POST', path: '/api/auth/logout', access: 'user', while_enrolling: true,
  aliases: ['/api/users/logout'],
  summary: 'End this login and remove its cookies',
  reply: { 204: Empty },
  problems: [],
})

export const getMe = defineRoute({
  method: 'GET', path: '/api/auth/me', access: 'user', while_enrolling: true,
  summary: 'Who is signed in',
  reply: { 200: Me },
  problems: [accountGone],
})

export const listLogins = defineRoute({
  method: 'GET', path: '/api/auth/sessions', access: 'user', while_enrolling: true,
  summary: 'Where you are signed in',
  query: ListQuery({}),
  reply: { 200: Page(Login) },
  problems: [],
})

export const endLogin = defineRoute({
  method: 'DELETE', path: '/api/auth/sessions/{id}', access: 'user', while_enrolling: true,
  summary: 'End one of your logins',
  params: IdParams,
  reply: { 204: Empty },
  problems: [],
})

export const endOtherLogins = defineRoute({
  method: 'DELETE', path: '/api/auth/sessions', access: 'user', while_enrolling: true,
  summary: 'End all your logins but this one',
  reply: { 204: Empty },
  problems: [],
})

export const changePassword = defineRoute({
  method: 'POST', path: '/api/auth/password', access: 'user', step_up: 'sometimes',
  summary: 'Change your password and end your other logins',
  body: Type.Object({ current_password: Password, new_password: NewPassword }),
  reply: { 204: Empty },
  problems: [accountGone, badCredentials, weakPassword],
  rate_limit: { max: 10, per_seconds: 60, by: 'account' },
})

export const forgotPassword = defineRoute({
  method: 'POST', path: '/api/auth/password/forgot', access: 'public',
  summary: 'Ask for a mail with a link that sets a new password',
  description: 'Answers the same whether or not there is such an account.',
  body: Type.Object({ email: Email }),
  reply: { 202: Empty },
  problems: [],
  rate_limit: { max: 5, per_seconds: 300, by: 'account' },
})

export const checkLink = defineRoute({
  method: 'POST', path: '/api/auth/links/check', access: 'public',
  summary: 'Whether the link of a mail still works',
  description: 'Uses nothing up: for a page that asks for more only where it leads somewhere.',
  body: Type.Object({ token: LinkToken, purpose: Type.Enum(['verify_email', 'reset_password']) }),
  reply: { 204: Empty },
  problems: [badLinkToken],
  rate_limit: { max: 20, per_seconds: 60, by: 'address' },
})

export const resetPassword = defineRoute({
  method: 'POST', path: '/api/auth/password/reset', access: 'public',
  summary: 'Set a new password with the token of the mail; ends all logins',
  body: Type.Object({ token: LinkToken, new_password: NewPassword }),
  reply: { 204: Empty },
  problems: [badLinkToken, weakPassword],
  rate_limit: { max: 20, per_seconds: 60, by: 'address' },
})

export const verifyEmail = defineRoute({
  method: 'POST', path: '/api/auth/email/verify', access: 'public',
  summary: 'Prove an address with the token of the mail, and with the login it is for',
  description:
    'Whoever registered with an address need not own it, and whoever owns it need not have '
    + 'registered. So the token is taken from the login that asked for it, with the password of '
    + 'the account, or with a new password, which ends all that could sign in before.',
  body: Type.Object({
    token: LinkToken,
    password: Type.Optional(Password),
    new_password: Type.Optional(NewPassword),
  }),
  reply: { 204: Empty },
  problems: [badLinkToken, badCredentials, proofNeeded, weakPassword],
  rate_limit: { max: 20, per_seconds: 60, by: 'address' },
})

export const requestVerification = defineRoute({
  method: 'POST', path: '/api/auth/email/verification', access: 'user',
  summary: 'Send the mail that proves your address again',
  description: '`Retry-After` of `auth/mailed-often` says when the address may get the next one.',
  reply: { 202: Empty },
  problems: [accountGone, mailedOften],
  rate_limit: { max: 5, per_seconds: 300, by: 'account' },
})

export const deleteCredentials = defineRoute({
  method: 'DELETE', path: '/api/auth/credentials', access: 'user', step_up: 'sometimes',
  summary: 'Delete your account: sign-in, profile and personal data',
  body: Type.Object({ password: Password }),
  reply: { 204: Empty },
  problems: [accountGone, badCredentials, lastAdmin],
  rate_limit: { max: 10, per_seconds: 60, by: 'account' },
})

export const setRoles = defineRoute({
  method: 'PUT', path: '/api/auth/roles/{user_id}', access: 'admin', step_up: true,
  summary: 'Set what a person may do; ends their logins',
  params: Type.Object({ user_id: Uuid }),
  body: Type.Object({ roles: Roles }),
  reply: { 200: Account },
  problems: [lastAdmin],
})

export const getKeys = defineRoute({
  method: 'GET', path: '/api/auth/.well-known/jwks.json', access: 'public',
  same_for_all: true,
  summary: 'Public keys that verify access tokens',
  reply: { 200: KeySet },
  problems: [],
})

export const listEndedLogins = defineRoute({
  method: 'GET', path: '/internal/auth/ended-logins', access: 'internal',
  callers: serviceNames,
  summary: 'Logins ended since a time whose access tokens may still be unexpired',
  description: 'What a process asks when it starts; afterwards it hears login_ended.',
  query: Type.Object({ since: Timestamp }),
  reply: { 200: Type.Object({ items: Type.Array(EndedLogin) }) },
  problems: [],
})

export const makeLink = defineRoute({
  method: 'POST', path: '/internal/auth/links/{id}', access: 'internal',
  callers: ['notifications'],
  summary: 'The token of a link, for the mail that is being written',
  description:
    'Made anew for every try to send it, and kept as a hash; an event carries the id alone. '
    + '404 when the link has no use any more.',
  params: IdParams,
  reply: { 200: Type.Object({ token: LinkToken }) },
  problems: [],
})

export const deleteAccount = defineRoute({
  method: 'DELETE', path: '/internal/auth/accounts/{user_id}', access: 'internal',
  callers: ['users'],
  summary: 'Delete the credentials of a person whom users erases',
  params: Type.Object({ user_id: Uuid }),
  reply: { 204: Empty },
  problems: [lastAdmin],
})

export const findProvenAccount = defineRoute({
  method: 'POST', path: '/internal/auth/accounts/proven', access: 'internal', only_asks: true,
  callers: ['events'],
  summary: 'Whose address this is; an account that only claims it is nobody\'s',
  body: Type.Object({ email: Email }),
  reply: { 200: Type.Object({ user_id: Nullable(Uuid) }) },
  problems: [],
})

const Person = { user_id: Uuid, email: Email, username: PersonName, locale: Locale }

/**
 * What a mail about an address says: it is to be confirmed (`verify`), somebody else has written it
 * into a form before (`verify_again`), or it belongs to an account (`exists`).
 */
export const AddressMail = Type.Enum(['verify', 'verify_again', 'exists'])
export type AddressMail = Static<typeof AddressMail>

/** By its id `makeLink` makes the link when the mail is written. */
const link_id = Type.Optional(Uuid)

/** An account was created; says which mail its address gets. */
export const userRegistered = defineEvent('auth.user_registered.v1', Type.Object({
  ...Person,
  roles: Type.Array(Role),
  registered_at: Timestamp,
  email_verified: Type.Optional(Type.Boolean()),
  mail: Type.Optional(AddressMail),
  link_id,
}))

/** A link that proves an address shall be mailed; carries its id, never a token. */
export const verificationRequested = defineEvent('auth.verification_requested.v1', Type.Object({
  ...Person, mail: Type.Optional(AddressMail), link_id,
}))

/** An address is proven, by a link and the account, or by a reset. */
export const emailVerified = defineEvent('auth.email_verified.v1', Type.Object({
  user_id: Uuid, email: Email, verified_at: Timestamp,
}))

/** A link that sets a new password shall be mailed; carries its id, never a token. */
export const passwordResetRequested = defineEvent('auth.password_reset_requested.v1', Type.Object({
  ...Person, link_id,
}))

/**
 * The owner of the mailbox took an account that had not proven it. Whoever had the account before
 * need not own the address.
 */
export const accountReclaimed = defineEvent('auth.account_reclaimed.v1', Type.Object({
  user_id: Uuid, reclaimed_at: Timestamp,
}))

/** A password was changed, reset or made unusable. Whatever it is now stays here. */
export const passwordChanged = defineEvent('auth.password_changed.v1', Type.Object({
  user_id: Uuid, changed_at: Timestamp,
}))

/** An account is gone; the others erase what they hold of it. */
export const credentialsDeleted = defineEvent('auth.credentials_deleted.v1', Type.Object({
  user_id: Uuid, email: Email, deleted_at: Timestamp,
  email_verified: Type.Optional(Type.Boolean({
    description: 'Only a proven address owns what guests bought with it',
  })),
}))

/** Logins ended; every process refuses their remaining access tokens within a second. */
export const loginEnded = defineEvent('auth.login_ended.v1', Type.Object({
  user_id: Uuid, login_ids: Type.Array(Uuid), ended_at: Timestamp,
}))

/** What a person may do was set. */
export const rolesChanged = defineEvent('auth.roles_changed.v1', Type.Object({
  user_id: Uuid, roles: Type.Array(Role), changed_at: Timestamp, changed_by: Uuid,
}))
