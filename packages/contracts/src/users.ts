import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute, Empty } from './define.ts'
import {
  Currency, described, Email, IdParams, ListQuery, Locale, Minor, Nullable, Page, PersonName,
  Role, Text, Timestamp, Uuid,
} from './fields.ts'
import { PersonalRecords } from './platform.ts'

/** Profiles, settings and purchase history. */

export * from './addresses.ts'

const Phone = Type.String({
  pattern: '^\\+[1-9][0-9]{6,14}$', description: 'E.164', examples: ['+33612345678'],
})

export const Profile = Type.Object({
  id: Uuid,
  username: PersonName,
  email: Email,
  email_verified: Type.Boolean({
    description: 'Whether whoever registered has shown that the address is theirs',
  }),
  phone: Nullable(Phone),
  roles: Type.Array(Role),
  locale: Locale,
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type Profile = Static<typeof Profile>

export const ProfileChanges = Type.Object({
  username: Type.Optional(PersonName),
  phone: Type.Optional(Nullable(Phone)),
})
export type ProfileChanges = Static<typeof ProfileChanges>

export const Settings = Type.Object({
  locale: Locale,
  email_notifications: Type.Boolean(),
  in_app_notifications: Type.Boolean(),
  sms_notifications: Type.Boolean(),
  reminders: Type.Boolean(),
})
export type Settings = Static<typeof Settings>

export const SettingsChanges = Type.Partial(Settings)
export type SettingsChanges = Static<typeof SettingsChanges>

export const Purchase = Type.Object({
  order_id: Uuid,
  code: Type.String(),
  event_id: Uuid,
  event_title: Type.String(),
  status: Type.Enum(['pending', 'completed', 'canceled', 'expired', 'refunded']),
  ticket_count: Type.Integer({ minimum: 1 }),
  total_minor: Minor,
  currency: Currency,
  starts_at: Nullable(Timestamp),
  timezone: Nullable(Type.String()),
  city: Nullable(Type.String()),
  purchased_at: Timestamp,
})
export type Purchase = Static<typeof Purchase>

export const PersonalData = Type.Object({
  exported_at: Timestamp,
  profile: Profile,
  settings: Settings,
  purchases: Type.Array(Purchase),
  records: Type.Array(PersonalRecords, {
    description: 'Every table of every service that keeps something about you, with its rows',
  }),
})
export type PersonalData = Static<typeof PersonalData>

export const lastAdmin = defineProblem(
  'users/last-admin', 409, 'Somebody has to remain administrator',
)

export const getMyProfile = defineRoute({
  method: 'GET', path: '/api/users/me', access: 'user',
  summary: 'Your profile',
  reply: { 200: Profile },
  problems: [],
})

export const updateMyProfile = defineRoute({
  method: 'PATCH', path: '/api/users/me', access: 'user',
  summary: 'Change your profile',
  body: ProfileChanges,
  reply: { 200: Profile },
  problems: [],
})

export const deleteMe = defineRoute({
  method: 'DELETE', path: '/api/users/me', access: 'user', step_up: true,
  summary: 'Erase your profile, sign-in and personal data',
  description: 'What the law asks sellers to keep about purchases stays without your name.',
  reply: { 204: Empty },
  problems: [lastAdmin],
})

export const listMyPurchases = defineRoute({
  method: 'GET', path: '/api/users/me/purchases', access: 'user',
  summary: 'What you bought, newest first',
  query: ListQuery({}),
  reply: { 200: Page(Purchase) },
  problems: [],
})

export const exportMyData = defineRoute({
  method: 'GET', path: '/api/users/me/export', access: 'user',
  summary: 'All that any service keeps about you, table by table',
  reply: { 200: PersonalData },
  problems: [],
  rate_limit: { max: 5, per_seconds: 60, by: 'account' },
})

export const getMySettings = defineRoute({
  method: 'GET', path: '/api/users/me/settings', access: 'user',
  summary: 'Your language and what you want to be told',
  reply: { 200: Settings },
  problems: [],
})

export const updateMySettings = defineRoute({
  method: 'PATCH', path: '/api/users/me/settings', access: 'user',
  summary: 'Change your language and what you want to be told',
  body: SettingsChanges,
  reply: { 200: Settings },
  problems: [],
})

export const listUsers = defineRoute({
  method: 'GET', path: '/api/users', access: 'admin',
  aliases: ['/users'],
  summary: 'All people, by name or email',
  query: ListQuery({
    q: Type.Optional(described(Text(200), 'Part of a name or of an address')),
    role: Type.Optional(described(Role, 'Only those who have this role')),
  }),
  reply: { 200: Page(Profile) },
  problems: [],
})

export const getUser = defineRoute({
  method: 'GET', path: '/api/users/{id}', access: 'admin',
  aliases: ['/users/{id}'],
  summary: 'One person',
  params: IdParams,
  reply: { 200: Profile },
  problems: [],
})

export const updateUser = defineRoute({
  method: 'PATCH', path: '/api/users/{id}', access: 'admin',
  summary: 'Change the profile of a person',
  params: IdParams,
  body: ProfileChanges,
  reply: { 200: Profile },
  problems: [],
})

export const deleteUser = defineRoute({
  method: 'DELETE', path: '/api/users/{id}', access: 'admin', step_up: true,
  summary: 'Erase a person',
  params: IdParams,
  reply: { 204: Empty },
  problems: [lastAdmin],
})

/**
 * Settings or the phone changed; notifications and auth keep a copy, so that a message or a sign-in
 * asks nobody.
 */
export const settingsChanged = defineEvent('users.settings_changed.v1', Type.Object({
  user_id: Uuid, email: Email, phone: Nullable(Phone), settings: Settings, changed_at: Timestamp,
}))

/** The name changed; auth keeps it beside the credentials, so that signing in asks nobody. */
export const profileChanged = defineEvent('users.profile_changed.v1', Type.Object({
  user_id: Uuid, username: PersonName, changed_at: Timestamp,
}))

/** Who reads the mail of an address wants nothing kept about it that no account owns. */
export const addressErased = defineEvent('users.address_erased.v1', Type.Object({
  address: Email, erased_at: Timestamp,
}))
