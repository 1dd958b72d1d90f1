import type * as api from '@fermata/contracts/users'
import { personOf } from '@fermata/platform/caller'
import type { Operation } from '../context.ts'
import { endPerson } from '../erasure.ts'

/** Erases the caller: sign-in, profile, history. */
export const deleteMe: Operation<typeof api.deleteMe> = async (ctx, request) => {
  await endPerson(ctx, personOf(request.caller).user_id, request.id)
  return null
}
