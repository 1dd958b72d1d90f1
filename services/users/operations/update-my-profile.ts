import type * as api from '@fermata/contracts/users'
import { changeProfile } from '../changes.ts'
import type { Operation } from '../context.ts'
import { ownPerson, presentProfile } from '../people.ts'

/** Changes the caller's name or phone. */
export const updateMyProfile: Operation<typeof api.updateMyProfile> = async (ctx, request) => {
  const { id } = await ownPerson(ctx, request.caller)
  return presentProfile(await changeProfile(ctx, id, request.body, request.id))
}
