import { Outlet } from 'react-router'
import type { Route } from './+types/layout'
import { useT } from '../i18n/translator.tsx'
import { requirePerson } from '../server/answers.server.ts'
import { AreaNav } from '../ui/area-nav.tsx'
import { SignOutButton } from '../ui/page-frame.tsx'

export function loader ({ context }: Route.LoaderArgs) {
  const { username, email } = requirePerson(context)
  return { username, email }
}

export default function AccountLayout ({ loaderData }: Route.ComponentProps) {
  const t = useT()
  const links = (['tickets', 'purchases', 'notifications', 'settings', 'security'] as const)
    .map(page => ({ path: `/account/${page}`, text: t(`account.nav.${page}`) }))
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
