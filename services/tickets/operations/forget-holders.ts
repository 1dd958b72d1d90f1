import type { credentialsDeleted } from '@fermata/contracts/auth'
import type { addressErased } from '@fermata/contracts/users'
import {
  erasePeople, subjectsOfDeleted, subjectsOfErased,
} from '@fermata/platform/personal-data'
import type { Handler } from '../context.ts'
import { personalData } from '../personal-data.ts'

/**
 * Tickets stay valid for who carries them, but no longer say whose they were. What a guest bought
 * belongs to an address only when that was proven.
 */
export const forgetHolders: Handler<typeof credentialsDeleted> = (_ctx, tx, events) =>
  erasePeople(tx, 'tickets', personalData, subjectsOfDeleted(events))

/** Who reads an address's mail has asked that the tickets of guests with it name nobody. */
export const forgetAddresses: Handler<typeof addressErased> = (_ctx, tx, events) =>
  erasePeople(tx, 'tickets', personalData, subjectsOfErased(events))
