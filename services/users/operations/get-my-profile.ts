import type * as api from '@fermata/contracts/users'
import type { Operation } from '../context.ts'
import { ownPerson, presentProfile } from '../people.ts'

/** The caller's profile. */
export const getMyProfile: Operation<typeof api.getMyProfile> = async (ctx, { caller }) =>
  presentProfile(await ownPerson(ctx, caller))
