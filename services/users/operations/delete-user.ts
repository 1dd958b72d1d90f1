import { notFound } from '@fermata/contracts/problems'
import type * as api from '@fermata/contracts/users'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { endPerson } from '../erasure.ts'
import { findPerson } from '../queries/people.ts'

/** Erases a person who asked an administrator to. */
export const deleteUser: Operation<typeof api.deleteUser> = async (ctx, request) => {
  const person = await findPerson(ctx.db, request.params.id)
  if (!person) throw new Problem(notFound)
  await endPerson(ctx, person.id, request.id)
  return null
}
