import { Outlet } from 'react-router'
import type { Route } from './+types/layout'
import { requirePerson } from '../server/answers.server.ts'
import '../i18n/staff-texts.ts'

export function loader ({ context }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  return null
}

export default function OrganizerLayout () {
  return <div className="wrap grid gap-8 pt-8"><Outlet /></div>
}
