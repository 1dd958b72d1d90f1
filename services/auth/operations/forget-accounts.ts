import { lastAdmin, type credentialsDeleted } from '@fermata/contracts/auth'
import { storedAddress } from '@fermata/contracts/mailboxes'
import type { addressErased } from '@fermata/contracts/users'
import {
  erasePeople, subjectsOfDeleted, subjectsOfErased,
} from '@fermata/platform/personal-data'
import { Problem } from '@fermata/platform/problem'
import { endAccount } from '../account-end.ts'
import type { Handler } from '../context.ts'
import { erasedData } from '../personal-data.ts'
import { findClaims, holdAddress } from '../queries/accounts.ts'

/** The account went when its end was told; its own news, kept for a repetition, goes now. */
export const forgetAccounts: Handler<typeof credentialsDeleted> = (_ctx, tx, events) =>
  erasePeople(tx, 'auth', erasedData, subjectsOfDeleted(events))

/**
 * Reading an address's mail proves more than registering with it: what only claims it ends, with
 * its logins. Whoever registers with it afterwards begins anew.
 */
export const endClaims: Handler<typeof addressErased> = async (ctx, tx, events) => {
  for (const { data: { address, erased_at }, request_id } of events) {
    await holdAddress(tx, storedAddress(address))
    for (const id of await findClaims(tx, storedAddress(address), erased_at)) {
      await endAccount(ctx, tx, id, request_id ?? undefined).catch(spareLastAdmin)
    }
  }
  await erasePeople(tx, 'auth', erasedData, subjectsOfErased(events))
}

/** It was refused before anything was written. */
function spareLastAdmin (error: unknown): void {
  if (!(error instanceof Problem) || error.definition.type !== lastAdmin.type) throw error
}
