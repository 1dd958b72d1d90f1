import type * as api from '@fermata/contracts/users'
import type { Operation } from '../context.ts'
import { ownPerson, presentSettings } from '../people.ts'

/** The caller's language and what they wish to be told of, and how. */
export const getMySettings: Operation<typeof api.getMySettings> = async (ctx, { caller }) =>
  presentSettings(await ownPerson(ctx, caller))
