import {
  accountReclaimed, credentialsDeleted, emailVerified, rolesChanged, userRegistered,
} from '@fermata/contracts/auth'
import { copiesRestored } from '@fermata/contracts/backups'
import { eventChanged } from '@fermata/contracts/events'
import { orderCanceled, orderCompleted, orderRefunded } from '@fermata/contracts/orders'
import * as api from '@fermata/contracts/users'
import { cron } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import type { Ctx } from './context.ts'
import { deleteMe } from './operations/delete-me.ts'
import { deleteUser } from './operations/delete-user.ts'
import { eraseAddress } from './operations/erase-address.ts'
import { eraseRestoredAddresses } from './operations/erase-restored-addresses.ts'
import { exportAddress } from './operations/export-address.ts'
import { exportMyData } from './operations/export-my-data.ts'
import {
  addProfiles, adoptPurchases, eraseAddresses, eraseProfiles, followRoles, forgetPhones,
} from './operations/follow-accounts.ts'
import { followEvents } from './operations/follow-events.ts'
import { addPurchases, markCanceled, markRefunded } from './operations/follow-orders.ts'
import { getMyProfile } from './operations/get-my-profile.ts'
import { getMySettings } from './operations/get-my-settings.ts'
import { getUser } from './operations/get-user.ts'
import { listMyPurchases } from './operations/list-my-purchases.ts'
import { listUsers } from './operations/list-users.ts'
import { makeAddressLink } from './operations/make-address-link.ts'
import { openAddress } from './operations/open-address.ts'
import { removeStale } from './operations/remove-stale.ts'
import { requestAddressLink } from './operations/request-address-link.ts'
import { updateMyProfile } from './operations/update-my-profile.ts'
import { updateMySettings } from './operations/update-my-settings.ts'
import { updateUser } from './operations/update-user.ts'
import { personalData } from './personal-data.ts'

export default defineService<Ctx>({
  name: 'users',
  personal_data: personalData,
  migrations: new URL('./migrations/', import.meta.url),
  routes: [
    route(api.getMyProfile, getMyProfile),
    route(api.updateMyProfile, updateMyProfile),
    route(api.deleteMe, deleteMe),
    route(api.listMyPurchases, listMyPurchases),
    route(api.exportMyData, exportMyData),
    route(api.getMySettings, getMySettings),
    route(api.updateMySettings, updateMySettings),
    route(api.listUsers, listUsers),
    route(api.getUser, getUser),
    route(api.updateUser, updateUser),
    route(api.deleteUser, deleteUser),
    route(api.requestAddressLink, requestAddressLink),
    route(api.makeAddressLink, makeAddressLink),
    route(api.openAddress, openAddress),
    route(api.exportAddress, exportAddress),
    route(api.eraseAddress, eraseAddress),
  ],
  subscriptions: [
    on(userRegistered, addProfiles),
    on(rolesChanged, followRoles),
    on(emailVerified, adoptPurchases),
    on(accountReclaimed, forgetPhones),
    on(credentialsDeleted, eraseProfiles),
    on(api.addressErased, eraseAddresses),
    on(copiesRestored, eraseRestoredAddresses),
    on(orderCompleted, addPurchases),
    on(orderCanceled, markCanceled),
    on(orderRefunded, markRefunded),
    on(eventChanged, followEvents),
  ],
  jobs: [cron('remove-stale', '23 * * * *', removeStale)],
})
