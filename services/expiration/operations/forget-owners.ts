import type { credentialsDeleted } from '@fermata/contracts/auth'
import { erasePeople, subjectsOfDeleted } from '@fermata/platform/personal-data'
import type { Handler } from '../context.ts'
import { personalData } from '../personal-data.ts'

/** A deadline stays; whose it was goes. */
export const forgetOwners: Handler<typeof credentialsDeleted> = (_ctx, tx, events) =>
  erasePeople(tx, 'expiration', personalData, subjectsOfDeleted(events))
