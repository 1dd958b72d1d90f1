import type {
  credentialsDeleted, passwordResetRequested, rolesChanged, userRegistered, verificationRequested,
} from '@fermata/contracts/auth'
import type { Locale } from '@fermata/contracts/fields'
import type { settingsChanged } from '@fermata/contracts/users'
import { translator } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { erasePeople, insertPeople, setRoles, setSettings } from '../queries/people.ts'
import type { Notice } from '../rules/notice.ts'

interface Addressee { user_id: string, email: string, username: string, locale: Locale }
interface News { id: string, data: Addressee, request_id: string | null }
type Link = 'verify' | 'reset'

const paths = { verify: '/verify-email', reset: '/reset-password' }

/** A mail with a link that proves something. */
function linkMail (
  { id, data: person, request_id }: News, link: Link, token: string,
): Notice {
  const { user_id, email, locale, username: name } = person
  const t = translator(locale)
  return {
    dedupe_key: `${id} ${user_id}`, kind: 'account', mail: 'always', in_app: false,
    user_id, email, locale, url: null, request_id,
    content: {
      title: t(`${link}.title`), paragraphs: [t(`${link}.body`, { name }), t(`${link}.valid`)],
      facts: [], footer: t('footer.account'),
      action: {
        label: t(`${link}.action`), path: `${paths[link]}?token=${encodeURIComponent(token)}`,
      },
    },
  }
}

export const welcome: Handler<typeof userRegistered> = async (ctx, tx, events) => {
  await insertPeople(tx, [...new Map(events.map(({ data }) => [data.user_id, data])).values()])
  await notify(ctx, tx, events.flatMap(event => {
    const { verification_token: token } = event.data
    return token ? [linkMail(event, 'verify', token)] : []
  }))
}

export const mailVerification: Handler<typeof verificationRequested> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(event => linkMail(event, 'verify', event.data.token)))
}

type ResetRequested = typeof passwordResetRequested

export const mailPasswordReset: Handler<ResetRequested> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(event => linkMail(event, 'reset', event.data.token)))
}

export const keepRoles: Handler<typeof rolesChanged> = async (_ctx, tx, events) => {
  await setRoles(tx, latestOfEach(events.map(({ data: { user_id, roles, changed_at } }) =>
    ({ user_id, changed_at, is_admin: roles.includes('admin') }))))
}

export const keepSettings: Handler<typeof settingsChanged> = async (_ctx, tx, events) => {
  await setSettings(tx, latestOfEach(events.map(({ data }) => data)))
}

export const erase: Handler<typeof credentialsDeleted> = async (_ctx, tx, events) => {
  await erasePeople(tx, events.map(({ data }) => data.user_id))
}

/** One row may be written once in a statement. */
function latestOfEach<C extends { user_id: string, changed_at: string }> (changes: C[]): C[] {
  const latest = new Map<string, C>()
  for (const change of changes) {
    const known = latest.get(change.user_id)
    if (!known || Date.parse(change.changed_at) >= Date.parse(known.changed_at)) {
      latest.set(change.user_id, change)
    }
  }
  return [...latest.values()]
}
