import { getMe, listLogins } from '@fermata/contracts/auth'
import type { AnyRoute } from '@fermata/contracts/define'
import { listNotifications } from '@fermata/contracts/notifications'
import { listOrders } from '@fermata/contracts/orders'
import { listPayments } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import type * as api from '@fermata/contracts/users'
import type { PersonalData } from '@fermata/contracts/users'
import { serviceOf } from '@fermata/platform/call'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'
import { ownPerson, presentProfile, presentSettings } from '../people.ts'
import { listPurchases } from '../queries/purchases.ts'

/** Nobody buys more often; whoever does finds the rest in the list of orders. */
const max_purchases = 10_000

const at = (route: AnyRoute, what: string) =>
  ({ service: serviceOf(route.path), path: route.path, what })

/** From the contracts, so that an address that moves is not forgotten here. */
const elsewhere = [
  at(getMe, 'What you sign in with'),
  at(listLogins, 'Where you are signed in'),
  at(listOrders, 'Your orders, with the name and email you gave'),
  at(listPayments, 'What you paid'),
  at(listTickets, 'Your tickets, with the names on them'),
  at(listNotifications, 'Messages to you'),
]

/** All that users keeps about the caller, and where the other services show what they keep. */
export const exportMyData: Operation<typeof api.exportMyData> = async (ctx, { caller }) => {
  const person = await ownPerson(ctx, caller)
  const data: PersonalData = {
    exported_at: new Date().toISOString(),
    profile: presentProfile(person),
    settings: presentSettings(person),
    purchases: await listPurchases(ctx.db,
      { user_id: person.id, after: null, limit: max_purchases }),
    elsewhere,
  }
  return reply(data, { headers: {
    'content-disposition': 'attachment; filename="fermata-my-data.json"',
    'cache-control': 'no-store',
  } })
}
