import type * as api from '@fermata/contracts/events'
import { personOf } from '@fermata/platform/caller'
import { uuidv7 } from '@fermata/platform/ids'
import type { Operation } from '../context.ts'
import { refuse } from '../managing.ts'
import { insertFounder } from '../members.ts'
import {
  findDefaultOrganizer, findPersonName, insertDefaultOrganizer, insertOrganizer,
} from '../queries/organizers.ts'

/** The first one a person makes is also where their events go when they name none. */
export const createOrganizer: Operation<typeof api.createOrganizer> = async (ctx, request) => {
  const { user_id } = personOf(request.caller)
  const name = request.body.name.trim().replace(/\s+/g, ' ')
  if (name === '') refuse([{ field: 'name', message: 'must not be blank' }])
  return ctx.write(request, async tx => {
    const id = uuidv7()
    const first = !await findDefaultOrganizer(tx, user_id) &&
      await insertDefaultOrganizer(tx, { id, name, user_id })
    const organizer = first || await insertOrganizer(tx, { id, name })
    const known_as = await findPersonName(tx, user_id) ?? name.slice(0, 120)
    await insertFounder(ctx, tx, id, { user_id, name: known_as }, request.id)
    return organizer
  })
}
