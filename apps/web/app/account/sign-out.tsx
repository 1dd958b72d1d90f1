import { redirect } from 'react-router'
import type { Route } from './+types/sign-out'
import { endSession } from '../server/session.server.ts'

export function loader () {
  return redirect('/')
}

export async function action ({ context }: Route.ActionArgs) {
  await endSession(context)
  return redirect('/')
}

/**
 * A page without a view: its action, unlike that of a file, is kept safe from forms of other
 * sites.
 */
export default function SignOut () {
  return null
}
