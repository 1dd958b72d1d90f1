import { listEvents } from '@fermata/contracts/events'
import { Outlet } from 'react-router'
import type { Route } from './+types/layout'
import { useT } from '../i18n/translator.tsx'
import { optional, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { AreaNav } from '../ui/area-nav.tsx'
import { SignOutButton } from '../ui/page-frame.tsx'

export async function loader ({ context }: Route.LoaderArgs) {
  const { username, email, roles } = requirePerson(context)
  // Who has the role finds the door in the header; whom an organiser appointed, here.
  const doors = roles.includes('operator') || roles.includes('admin') ? null
    : await optional(api(context)(listEvents, { query: { serving: true, limit: 1 } }))
  return { username, email, has_door: (doors?.items.length ?? 0) > 0 }
}

export default function AccountLayout ({ loaderData }: Route.ComponentProps) {
  const t = useT()
  const links = (['tickets', 'purchases', 'notifications', 'settings', 'security'] as const)
    .map(page => ({ path: `/account/${page}`, text: t(`account.nav.${page}`) }))
    .concat(loaderData.has_door ? { path: '/door', text: t('shell.nav.door') } : [])
  return (
    <div className="wrap grid gap-8 pt-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <AreaNav label={t('account.nav.label')} links={links} />
        <div className="flex flex-wrap items-center gap-4"><span className="text-soft">{loaderData.username}</span><SignOutButton /></div>
      </div>
      <Outlet />
    </div>
  )
}
