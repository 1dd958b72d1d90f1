import { exportAddress } from '@fermata/contracts/users'
import { redirect } from 'react-router'
import type { Route } from './+types/my-data-download'
import { bodyOf } from '../server/answers.server.ts'
import { textsOf } from '../server/forms.server.ts'
import { clientFor } from '../server/session.server.ts'

/** Asked for by a form alone: what opens the data is in no address. */
export const loader = () => redirect('/my-data')

/** All that is kept about the address, as a file to keep or to take elsewhere. */
export async function action ({ context, request }: Route.ActionArgs) {
  const { grant = '' } = textsOf(await request.formData())
  const all = bodyOf(context, await clientFor(context, null)(exportAddress, { body: { grant } }))
  return new Response(JSON.stringify(all, null, 2), { headers: {
    'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store',
    'content-disposition': 'attachment; filename="fermata.json"',
  } })
}
