import { Outlet } from 'react-router'
import type { Route } from './+types/layout'
import { useT } from '../i18n/translator.tsx'
import { requirePerson } from '../server/answers.server.ts'
import { AreaNav } from '../ui/area-nav.tsx'
import '../i18n/staff-texts.ts'

export function loader ({ context }: Route.LoaderArgs) {
  requirePerson(context, 'admin')
  return null
}

export default function AdminLayout () {
  const t = useT()
  return (
    <div className="wrap grid gap-6 pt-6">
      <AreaNav label={t('admin.nav.label')} links={[
        { path: '/admin', text: t('admin.nav.health'), is_exact: true },
        { path: '/admin/events', text: t('admin.nav.events') },
        { path: '/admin/users', text: t('admin.nav.users') },
        { path: '/admin/deliveries', text: t('admin.nav.deliveries') },
        { path: '/admin/backups', text: t('admin.nav.backups') },
        { path: '/admin/agreement', text: t('admin.nav.agreement') },
      ]} />
      <Outlet />
    </div>
  )
}
