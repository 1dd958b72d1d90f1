import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute, Empty } from './define.ts'
import { Email, IdParams, Locale, Timestamp, Uuid } from './fields.ts'
import { PersonalRecords } from './platform.ts'

/**
 * What is kept about an address that belongs to no account, shown to and erased by whoever reads
 * its mail.
 */

const Token = Type.String({ minLength: 20, maxLength: 200 })

export const AddressData = Type.Object({
  exported_at: Timestamp,
  email: Email,
  records: Type.Array(PersonalRecords, {
    description: 'Every table of every service that keeps something about the address',
  }),
})
export type AddressData = Static<typeof AddressData>

export const badAddressLink = defineProblem(
  'users/bad-address-link', 400, 'This link was used already or is too old',
)
export const addressLinkOften = defineProblem(
  'users/address-link-often', 429, 'This address was mailed as often as it may be for now',
)
export const addressHasAccount = defineProblem(
  'users/address-has-account', 409, 'This address belongs to an account',
)

export const requestAddressLink = defineRoute({
  method: 'POST', path: '/api/users/addresses/links', access: 'public',
  summary: 'Mail a link to what is kept about an address',
  description:
    'Answers alike for every address, whether or not anything is kept about it or an account has '
    + 'it; the mail says what is so. An address gets one mail a minute and three a day; '
    + '`Retry-After` says when it may get the next.',
  body: Type.Object({ email: Email, locale: Type.Optional(Locale) }),
  reply: { 202: Empty },
  problems: [addressLinkOften],
  rate_limit: { max: 10, per_seconds: 300, by: 'address' },
})

export const openAddress = defineRoute({
  method: 'POST', path: '/api/users/addresses/open', access: 'public',
  summary: 'Use the link: whose data, and a grant to export and erase them',
  description: 'The link works once. The grant is good for half an hour.',
  body: Type.Object({ token: Token }),
  reply: { 200: Type.Object({ email: Email, grant: Token, expires_at: Timestamp }) },
  problems: [badAddressLink, addressHasAccount],
  rate_limit: { max: 20, per_seconds: 60, by: 'address' },
})

export const exportAddress = defineRoute({
  method: 'POST', path: '/api/users/addresses/export', access: 'public',
  summary: 'All that is kept about the address of a grant',
  body: Type.Object({ grant: Token }),
  reply: { 200: AddressData },
  problems: [badAddressLink, addressHasAccount],
  rate_limit: { max: 10, per_seconds: 60, by: 'address' },
})

export const eraseAddress = defineRoute({
  method: 'POST', path: '/api/users/addresses/erase', access: 'public',
  summary: 'Erase what is kept about the address of a grant',
  description: 'What the law asks sellers to keep about purchases stays without name and address.',
  body: Type.Object({ grant: Token }),
  reply: { 204: Empty },
  problems: [badAddressLink, addressHasAccount],
  rate_limit: { max: 10, per_seconds: 60, by: 'address' },
})

export const makeAddressLink = defineRoute({
  method: 'POST', path: '/internal/users/addresses/links/{id}', access: 'internal',
  callers: ['notifications'],
  summary: 'The token of a link, for the mail that is being written',
  description:
    'Made anew for every try to send it, and kept as a hash; an event carries the id alone. '
    + '404 when the link has no use any more.',
  params: IdParams,
  reply: { 200: Type.Object({ token: Token }) },
  problems: [],
})

/**
 * Somebody asked what is kept about an address. Asks notifications for the mail and carries no
 * token; of an address with an account it says so, and has no link.
 */
export const addressLinkRequested = defineEvent('users.address_link_requested.v1', Type.Object({
  link_id: Uuid, email: Email, locale: Locale, has_account: Type.Boolean(),
}))
