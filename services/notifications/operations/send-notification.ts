import type * as api from '@fermata/contracts/notifications'
import { uuidv7 } from '@fermata/platform/ids'
import { translator } from '../adapters/catalogue.ts'
import type { Operation } from '../context.ts'
import { notify } from '../notify.ts'
import { findDelivery } from '../queries/deliveries.ts'
import { findUserId } from '../queries/people.ts'

/**
 * An administrator writes to one person: by mail, and into their messages when they have an
 * account.
 */
export const sendNotification: Operation<typeof api.sendNotification> = async (ctx, request) => {
  const { email, title, body, locale = 'en' } = request.body
  return ctx.write(request, async tx => {
    const user_id = await findUserId(tx, email)
    const [id] = await notify(ctx, tx, [{
      dedupe_key: `message ${uuidv7()}`, kind: 'message', mail: 'always', user_id, email, locale,
      url: null, request_id: request.id,
      write: locale => ({
        title, paragraphs: body.split(/\n{2,}/), facts: [],
        footer: translator(locale)('footer.message'),
      }),
    }])
    return (await findDelivery(tx, id!))!
  })
}
