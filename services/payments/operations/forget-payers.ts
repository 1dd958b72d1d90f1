import type { credentialsDeleted } from '@fermata/contracts/auth'
import type { addressErased } from '@fermata/contracts/users'
import {
  erasePeople, subjectsOfDeleted, subjectsOfErased,
} from '@fermata/platform/personal-data'
import type { Handler } from '../context.ts'
import { personalData } from '../personal-data.ts'

/** What was paid stays in the books, which no longer say by whom. */
export const forgetPayers: Handler<typeof credentialsDeleted> = (_ctx, tx, events) =>
  erasePeople(tx, 'payments', personalData, subjectsOfDeleted(events))

/** What guests paid with the address stays in the books, which no longer say by whom. */
export const forgetAddresses: Handler<typeof addressErased> = (_ctx, tx, events) =>
  erasePeople(tx, 'payments', personalData, subjectsOfErased(events))
