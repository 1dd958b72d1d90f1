import type * as api from '@fermata/contracts/notifications'
import { uuidv7 } from '@fermata/platform/ids'
import { translator } from '../adapters/catalogue.ts'
import type { Operation } from '../context.ts'
import { deliveryKey } from '../notify.ts'
import { findDelivery, findUserId, insertDeliveries, insertMessages } from '../queries.ts'
import { presentDelivery } from './list-deliveries.ts'

/** An administrator writes to one person: by mail, and into their messages when they have an account. */
export const sendNotification: Operation<typeof api.sendNotification> = async (ctx, request) => {
  const { email, title, body, locale = 'en' } = request.body
  return ctx.write(request, async tx => {
    const id = uuidv7()
    const content = { title, paragraphs: body.split(/\n{2,}/), facts: [], footer: translator(locale)('footer.account') }
    const user_id = await findUserId(tx, email)
    if (user_id) await insertMessages(tx, [{ id: uuidv7(), dedupe_key: `message ${id}`, user_id, kind: 'message', title, body, url: null }])
    await insertDeliveries(tx, [{ id, dedupe_key: `message ${id} email`, channel: 'email', kind: 'message', recipient: email, locale,
      subject: title, content, attach_order_id: null }])
    await ctx.addJob(tx, 'deliver', { delivery_id: id }, { key: deliveryKey(id) })
    return presentDelivery((await findDelivery(tx, id))!)
  })
}
