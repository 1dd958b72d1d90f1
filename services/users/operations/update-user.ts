import type * as api from '@fermata/contracts/users'
import { changeProfile } from '../changes.ts'
import type { Operation } from '../context.ts'
import { presentProfile } from '../people.ts'

/** Changes a person's name or phone, for administrators. */
export const updateUser: Operation<typeof api.updateUser> = async (ctx, request) =>
  presentProfile(await changeProfile(ctx, request.params.id, request.body, request.id))
