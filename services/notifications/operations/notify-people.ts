import type {
  AddressMail, credentialsDeleted, emailVerified, passwordResetRequested, rolesChanged,
  userRegistered, verificationRequested,
} from '@fermata/contracts/auth'
import type { Locale } from '@fermata/contracts/fields'
import type { addressErased, addressLinkRequested, settingsChanged } from '@fermata/contracts/users'
import {
  erasePeople, subjectsOfDeleted, subjectsOfErased,
} from '@fermata/platform/personal-data'
import { translator } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { personalData } from '../personal-data.ts'
import {
  insertPeople, leaveEmptyPeople, setProven, setRoles, setSettings,
} from '../queries/people.ts'
import type { Notice } from '../rules/notice.ts'

interface Addressee { user_id: string, email: string, locale: Locale }
interface News<D> { id: string, data: Addressee & D, request_id: string | null }
interface AboutAddress { mail?: AddressMail, link_id?: string }

/** Where the button leads; what proves something gets a token when the mail is written. */
const actions = {
  verify: { path: '/verify-email', has_link: true },
  verify_again: { path: '/verify-email', has_link: true },
  exists: { path: '/sign-in', has_link: false },
  reset: { path: '/reset-password', has_link: true },
}

/**
 * A mail about an account. Of what its registrant wrote it has nothing: anybody can register with
 * anybody's address.
 */
function accountMail (
  { id, data: { user_id, email, locale, link_id }, request_id }: News<{ link_id?: string }>,
  mail: keyof typeof actions,
): Notice {
  const { path, has_link } = actions[mail]
  return {
    dedupe_key: `${id} ${user_id}`, kind: 'account', mail: 'always', in_app: false,
    user_id, email, locale, url: null, request_id,
    write (locale) {
      const t = translator(locale)
      return {
        title: t(`${mail}.title`), paragraphs: [t(`${mail}.body`), t(`${mail}.valid`)],
        facts: [], footer: t('footer.account'),
        action: { label: t(`${mail}.action`), path, ...(has_link && { link_id }) },
      }
    },
  }
}

/** None for news from before links had ids: what they lead to is void. */
const mailsAbout = (events: News<AboutAddress>[]): Notice[] => events.flatMap(event =>
  event.data.link_id && event.data.mail ? [accountMail(event, event.data.mail)] : [])

/** A new person is known, and gets the mail with the link that proves their address. */
export const welcome: Handler<typeof userRegistered> = async (ctx, tx, events) => {
  await insertPeople(tx, [...new Map(events.map(({ data }) => [data.user_id, data])).values()])
  await notify(ctx, tx, mailsAbout(events))
}

/** A mail with a link, never in the app; auth makes its token when it is sent. */
export const mailVerification: Handler<typeof verificationRequested> = async (ctx, tx, events) => {
  await notify(ctx, tx, mailsAbout(events))
}

type ResetRequested = typeof passwordResetRequested

/** A mail with a link, never in the app; auth makes its token when it is sent. */
export const mailPasswordReset: Handler<ResetRequested> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.filter(({ data }) => data.link_id)
    .map(event => accountMail(event, 'reset')))
}

/** What is kept about an address; of one that belongs to an account, where its owner finds it. */
export const mailAddressLink: Handler<typeof addressLinkRequested> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data, request_id }): Notice => {
    const { email, locale, link_id, has_account } = data
    const mail = has_account ? 'own_data' : 'address_data'
    return {
      dedupe_key: `${id} ${link_id}`, kind: 'account', mail: 'always', in_app: false,
      user_id: null, email, locale, url: null, request_id,
      write (locale) {
        const t = translator(locale)
        return {
          title: t(`${mail}.title`), paragraphs: [t(`${mail}.body`), t(`${mail}.valid`)], facts: [],
          footer: t('footer.asked'),
          action: has_account
            ? { label: t('own_data.action'), path: '/account/settings' }
            : { label: t('address_data.action'), path: '/my-data', link_id, link_of: 'users' },
        }
      },
    }
  }))
}

/** Only who has proven an address is written to by it in the app. */
export const keepProven: Handler<typeof emailVerified> = async (_ctx, tx, events) => {
  await setProven(tx, events.map(({ data }) => data.user_id))
}

/** Who is an administrator follows; the latest wins. */
export const keepRoles: Handler<typeof rolesChanged> = async (_ctx, tx, events) => {
  await setRoles(tx, latestOfEach(events.map(({ data: { user_id, roles, changed_at } }) =>
    ({ user_id, changed_at, is_admin: roles.includes('admin') }))))
}

/** The copy of a person follows; the latest wins. */
export const keepSettings: Handler<typeof settingsChanged> = async (_ctx, tx, events) => {
  await setSettings(tx, latestOfEach(events.map(({ data }) => data)))
}

/** Everything about the person goes; late news does not bring it back. */
export const erase: Handler<typeof credentialsDeleted> = async (_ctx, tx, events) => {
  await leaveEmptyPeople(tx, events.map(({ data }) => data.user_id))
  await erasePeople(tx, 'notifications', personalData, subjectsOfDeleted(events))
}

/** Nothing that waits is sent to it any more, and nothing tells of what it ordered as a guest. */
export const forgetAddresses: Handler<typeof addressErased> = (_ctx, tx, events) =>
  erasePeople(tx, 'notifications', personalData, subjectsOfErased(events))

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
