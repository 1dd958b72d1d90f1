import { Outlet } from 'react-router'
import type { Route } from './+types/layout'
import { requirePerson } from '../server/answers.server.ts'
import '../i18n/staff-texts.ts'

export function loader ({ context }: Route.LoaderArgs) {
  // Which doors are whose is the API's to say: an organiser may appoint anybody.
  requirePerson(context)
  return null
}

export default function OperatorLayout () {
  return <div className="wrap reading grid gap-6 pt-8"><Outlet /></div>
}
