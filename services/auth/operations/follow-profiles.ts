import type { profileChanged, settingsChanged } from '@fermata/contracts/users'
import type { Handler } from '../context.ts'
import { updateLocales, updateUsernames } from '../queries/accounts.ts'

/** Mails about passwords are written in the language the person chose. */
export const followLocales: Handler<typeof settingsChanged> = async (_ctx, tx, events) => {
  await updateLocales(tx, events.map(({ data }) =>
    ({ user_id: data.user_id, locale: data.settings.locale, changed_at: data.changed_at })))
}

/** Who signs in is greeted by the name they gave themselves last. */
export const followNames: Handler<typeof profileChanged> = async (_ctx, tx, events) => {
  await updateUsernames(tx, events.map(({ data }) => data))
}
