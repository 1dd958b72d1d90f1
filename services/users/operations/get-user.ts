import { notFound } from '@fermata/contracts/problems'
import type * as api from '@fermata/contracts/users'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { presentProfile } from '../people.ts'
import { findPerson } from '../queries/people.ts'

/** One person, for administrators. */
export const getUser: Operation<typeof api.getUser> = async (ctx, { params }) => {
  const person = await findPerson(ctx.db, params.id)
  if (!person) throw new Problem(notFound)
  return presentProfile(person)
}
