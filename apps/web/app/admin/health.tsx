import { getSystemHealth, getSystemSigns } from '@fermata/contracts/gateway'
import type { Route } from './+types/health'
import { useT } from '../i18n/translator.tsx'
import { optional, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { PageTitle } from '../ui/page-title.tsx'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { Signs } from './signs.tsx'

export async function loader ({ context }: Route.LoaderArgs) {
  requirePerson(context, 'admin')
  const [health, signs] = await Promise.all([
    optional(api(context)(getSystemHealth)), optional(api(context)(getSystemSigns))])
  return { health, signs }
}

export default function Health ({ loaderData: { health, signs } }: Route.ComponentProps) {
  const t = useT()
  return (
    <section className="grid gap-6">
      <PageTitle>{t('admin.health.title')}</PageTitle>
      <h1>{t('admin.health.title')}</h1>
      {!health && <p role="alert" className="notice notice-bad">{t('admin.health.unknown')}</p>}
      {health && (
        <p role="status" className={health.status === 'ok' ? 'notice notice-good' : 'notice notice-bad'}>
          {t(health.status === 'ok' ? 'admin.health.ok' : 'admin.health.degraded')}
        </p>
      )}
      {health && (
        <ScrollRegion label={t('admin.health.title')} className="panel">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('admin.health.service')}</th><th scope="col">{t('admin.health.state')}</th>
                <th scope="col" className="number">{t('admin.health.latency')}</th><th scope="col">{t('admin.health.documents')}</th>
              </tr>
            </thead>
            <tbody>
              {health.services.map(({ name, ready, latency_ms }) => (
                <tr key={name}>
                  <th scope="row" className="text-base! text-ink!">{name}</th>
                  <td><span className={ready ? 'badge badge-good' : 'badge badge-bad'}>{t(ready ? 'admin.health.ready' : 'admin.health.not_ready')}</span></td>
                  <td className="number">{t('admin.health.milliseconds', { count: latency_ms })}</td>
                  <td><a className="link whitespace-nowrap" href={`/api/${name}/doc/`}>{t('admin.health.open_document', { name })}</a></td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
      <Signs of={signs} />
    </section>
  )
}
