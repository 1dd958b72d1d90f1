import type { credentialsDeleted } from '@fermata/contracts/auth'
import { erasePeople, subjectsOfDeleted } from '@fermata/platform/personal-data'
import type { Handler } from '../context.ts'
import { personalData } from '../personal-data.ts'

/** The account went when its end was told; its own news, kept for a repetition, goes now. */
export const forgetAccounts: Handler<typeof credentialsDeleted> = (_ctx, tx, events) =>
  erasePeople(tx, 'auth', personalData, subjectsOfDeleted(events))
