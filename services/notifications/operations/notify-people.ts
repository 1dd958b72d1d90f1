import type { credentialsDeleted, passwordResetRequested, rolesChanged, userRegistered, verificationRequested } from '@fermata/contracts/auth'
import type { settingsChanged } from '@fermata/contracts/users'
import type { Locale } from '@fermata/contracts/fields'
import { translator } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { erasePeople, insertPeople, setRoles, setSettings } from '../queries.ts'
import type { Notice } from '../rules/notice.ts'

interface Addressee { user_id: string, email: string, username: string, locale: Locale }

/** A mail with a link that proves something; never in the app, where the reader has proven it already. */
function linkMail (event_id: string, person: Addressee, text: 'verify' | 'reset', path: string): Notice {
  const t = translator(person.locale)
  return {
    dedupe_key: `${event_id} ${person.user_id}`, kind: 'account', mail: 'always', user_id: null, email: person.email, locale: person.locale, url: null,
    content: {
      title: t(`${text}.title`), paragraphs: [t(`${text}.body`, { name: person.username }), t(`${text}.valid`)], facts: [],
      action: { label: t(`${text}.action`), path }, footer: t('footer.account'),
    },
  }
}

const verifyPath = (token: string) => `/verify-email?token=${token}`

export const welcome: Handler<typeof userRegistered> = async (ctx, tx, events) => {
  await insertPeople(tx, [...new Map(events.map(({ data }) => [data.user_id, data])).values()])
  await notify(ctx, tx, events.flatMap(({ id, data }) =>
    data.verification_token ? [linkMail(id, data, 'verify', verifyPath(data.verification_token))] : []))
}

export const mailVerification: Handler<typeof verificationRequested> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }) => linkMail(id, data, 'verify', verifyPath(data.token))))
}

export const mailPasswordReset: Handler<typeof passwordResetRequested> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }) => linkMail(id, data, 'reset', `/reset-password?token=${data.token}`)))
}

export const keepRoles: Handler<typeof rolesChanged> = async (_ctx, tx, events) => {
  for (const { data } of events) await setRoles(tx, data.user_id, data.roles.includes('admin'), data.changed_at)
}

export const keepSettings: Handler<typeof settingsChanged> = async (_ctx, tx, events) => {
  for (const { data } of events) await setSettings(tx, data)
}

export const erase: Handler<typeof credentialsDeleted> = async (_ctx, tx, events) => {
  await erasePeople(tx, events.map(({ data }) => data.user_id), events.map(({ data }) => data.email))
}
