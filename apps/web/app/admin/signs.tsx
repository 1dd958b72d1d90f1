import type { Sign, SystemSigns } from '@fermata/contracts/signs'
import { Link } from 'react-router'
import { useT } from '../i18n/translator.tsx'

/** The figures that want somebody when they are too large, red then, each with the way to it. */
export function Signs ({ of }: { of: SystemSigns | null }) {
  const t = useT()
  return (
    <section className="grid gap-4" aria-labelledby="signs">
      <header className="grid gap-2">
        <h2 id="signs">{t('admin.health.signs.title')}</h2>
        <p className="text-soft">{t('admin.health.signs.lead')}</p>
      </header>
      {!of && <p role="alert" className="notice notice-bad">{t('admin.health.signs.unknown')}</p>}
      {of && of.unanswered.length > 0 && (
        <p role="alert" className="notice notice-bad">
          {t('admin.health.signs.unanswered', { services: of.unanswered.join(', ') })}
        </p>
      )}
      {of && of.signs.length > 0 && (
        <ul className="card">
          {of.signs.map(sign => <Row key={`${sign.name} ${sign.service}`} sign={sign} />)}
        </ul>
      )}
    </section>
  )
}

function Row ({ sign }: { sign: Sign }) {
  const t = useT()
  const { name, service, value, most } = sign
  const is_bad = value > most
  const { action, path } = wayOf(sign)
  return (
    <li className="grid items-center gap-x-6 gap-y-2 border-b border-line px-5 py-4 last:border-0 md:grid-cols-[1fr_auto]">
      <div className="grid min-w-0 gap-1">
        <strong>{t(`admin.health.signs.names.${name}`)}{is_bad && name === 'given_up' && ` (${service})`}</strong>
        {is_bad && <span className="hint">{t(`admin.health.signs.actions.${action}`)}</span>}
        {is_bad && path && <LinkTo path={path} service={service} />}
      </div>
      <span className="flex flex-wrap items-center gap-3">
        <span className={is_bad ? 'figures font-semibold text-bad' : 'figures'}><Value sign={sign} /></span>
        <span className={is_bad ? 'badge badge-bad' : 'badge badge-good'}>
          {t(is_bad ? 'admin.health.signs.bad' : 'admin.health.signs.good')}
        </span>
      </span>
    </li>
  )
}

function Value ({ sign: { name, value } }: { sign: Sign }) {
  const t = useT()
  if (!isTime(name)) return value
  if (value < 120) return t('admin.health.signs.seconds', { count: Math.round(value) })
  if (value < 7200) return t('admin.health.signs.minutes', { count: Math.round(value / 60) })
  return t('admin.health.signs.hours', { count: Math.round(value / 3600) })
}

const isTime = (name: Sign['name']) => name === 'mail_oldest' || name === 'backup_age'

type Way = { action: Exclude<Sign['name'], 'given_up'> | 'given_up_mails' | 'given_up_events', path?: string }

/** Where somebody sees why, and can do something. */
function wayOf ({ name, service }: Sign): Way {
  switch (name) {
    case 'mail_oldest': return { action: name, path: '/admin/deliveries?status=failed' }
    case 'mails_failing': return { action: name, path: '/admin/deliveries?status=failed' }
    case 'given_up': return service === 'notifications'
      ? { action: 'given_up_mails', path: '/admin/deliveries?status=dead' }
      : { action: 'given_up_events', path: `/api/${service}/doc/` }
    case 'payments_undecided': return { action: name, path: '/admin/agreement' }
    case 'backup_age': return { action: name, path: '/admin/backups' }
    case 'log_lines_dropped': return { action: name }
  }
}

function LinkTo ({ path, service }: { path: string, service: string }) {
  const t = useT()
  if (path.startsWith('/api/')) {
    return <a className="link w-fit" href={path}>{t('admin.health.open_document', { name: service })}</a>
  }
  const text = path.startsWith('/admin/deliveries') ? t('admin.nav.deliveries')
    : path === '/admin/backups' ? t('admin.nav.backups') : t('admin.nav.agreement')
  return <Link className="link w-fit" to={path}>{text}</Link>
}
