import type * as api from '@fermata/contracts/users'
import type { PersonalData } from '@fermata/contracts/users'
import { personOf } from '@fermata/platform/caller'
import { reply } from '@fermata/platform/service'
import { collectRecords } from '../collect-records.ts'
import type { Operation } from '../context.ts'
import { ownPerson, presentProfile, presentSettings } from '../people.ts'
import { listPurchases } from '../queries/purchases.ts'

/** Nobody buys more often; whoever does finds the rest in the list of orders. */
const max_purchases = 10_000

/** All that any service keeps about the caller; of their address once it is proven. */
export const exportMyData: Operation<typeof api.exportMyData> = async (ctx, { caller, id }) => {
  const person = await ownPerson(ctx, caller)
  const { email_verified } = personOf(caller)
  const data: PersonalData = {
    exported_at: new Date().toISOString(),
    profile: presentProfile(person),
    settings: presentSettings(person),
    purchases: await listPurchases(ctx.db,
      { user_id: person.id, after: null, limit: max_purchases }),
    records: await collectRecords(ctx,
      { user_id: person.id, address: email_verified ? person.email : null }, id),
  }
  return reply(data, { headers: {
    'content-disposition': 'attachment; filename="fermata-my-data.json"',
  } })
}
