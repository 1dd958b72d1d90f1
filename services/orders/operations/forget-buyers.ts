import type { credentialsDeleted } from '@fermata/contracts/auth'
import type { addressErased } from '@fermata/contracts/users'
import {
  erasePeople, subjectsOfDeleted, subjectsOfErased,
} from '@fermata/platform/personal-data'
import type { Handler } from '../context.ts'
import { personalData } from '../personal-data.ts'

/**
 * A sale is kept, for the law and the organiser's sums, but no longer says who bought. What a guest
 * bought belongs to an address only when that was proven.
 */
export const forgetBuyers: Handler<typeof credentialsDeleted> = (_ctx, tx, events) =>
  erasePeople(tx, 'orders', personalData, subjectsOfDeleted(events))

/** Who reads an address's mail has asked that what guests bought with it names nobody. */
export const forgetAddresses: Handler<typeof addressErased> = (_ctx, tx, events) =>
  erasePeople(tx, 'orders', personalData, subjectsOfErased(events))
