import { exportMyData } from '@fermata/contracts/users'
import type { Route } from './+types/export'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'

/** All that is kept about the person, as a file to keep or to take elsewhere. */
export async function loader ({ context }: Route.LoaderArgs) {
  requirePerson(context)
  const all = bodyOf(context, await api(context)(exportMyData))
  return new Response(JSON.stringify(all, null, 2), {
    headers: { 'content-type': 'application/json; charset=utf-8', 'content-disposition': 'attachment; filename="fermata.json"' },
  })
}
