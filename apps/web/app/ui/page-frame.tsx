import type { Role } from '@fermata/contracts/fields'
import { useEffect, useRef, type ReactNode } from 'react'
import { Form, Link, NavLink, useLocation, useNavigation } from 'react-router'
import { languageNames, languages } from '../i18n/language.ts'
import type { TextKey } from '../i18n/translate.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { Logo } from './logo.tsx'

interface Person { name: string, roles: Role[] }

interface PageFrameProps { person: Person | null, unread: number, children: ReactNode }

/** Header, main and footer around every page. */
export function PageFrame ({ person, unread, children }: PageFrameProps) {
  const t = useT()
  return (
    <div className="flex min-h-dvh flex-col">
      <a className="skip" href="#main">{t('shell.skip')}</a>
      <Progress />
      <Header person={person} unread={unread} />
      <Main>{children}</Main>
      <Footer />
    </div>
  )
}

/**
 * After a step to another page, keyboard and screen reader start at its top, as they do when a page
 * loads.
 */
function Main ({ children }: { children: ReactNode }) {
  const { pathname } = useLocation()
  const ref = useRef<HTMLElement>(null)
  const shown = useRef(pathname)
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    ref.current?.focus({ preventScroll: true })
  }, [pathname])
  return <main id="main" ref={ref} tabIndex={-1} className="flex-1">{children}</main>
}

function Progress () {
  const t = useT()
  const { state } = useNavigation()
  return (
    <div role="status" aria-live="polite">
      {state !== 'idle' && <div className="progress"><span className="sr-only">{t('shell.loading')}</span></div>}
    </div>
  )
}

const areas: { path: string, text: TextKey, roles: Role[] }[] = [
  { path: '/organizer', text: 'shell.nav.organizer', roles: ['event_creator', 'admin'] },
  { path: '/door', text: 'shell.nav.door', roles: ['operator', 'admin'] },
  { path: '/admin', text: 'shell.nav.admin', roles: ['admin'] },
]

function Header ({ person, unread }: { person: Person | null, unread: number }) {
  const t = useT()
  const has = (roles: Role[]) => roles.some(role => person?.roles.includes(role))
  return (
    <header className="border-b border-line bg-surface">
      <div className="wrap flex flex-wrap items-center gap-x-2 gap-y-1 py-2">
        <Link to="/" className="mr-auto flex min-h-11 items-center gap-2.5 text-xl font-bold tracking-tight text-ink">
          <Logo className="h-7 w-9" />Fermata
        </Link>
        <nav aria-label={t('shell.nav.label')} className="-mx-2.5 flex flex-wrap items-center">
          {areas.filter(({ roles }) => has(roles)).map(({ path, text }) => (
            <NavLink key={path} to={path} className="nav-link">{t(text)}</NavLink>
          ))}
          {person ? <PersonLinks unread={unread} /> : <NavLink to="/sign-in" className="nav-link">{t('shell.nav.sign_in')}</NavLink>}
        </nav>
      </div>
    </header>
  )
}

function PersonLinks ({ unread }: { unread: number }) {
  const t = useT()
  return (
    <>
      <NavLink to="/account/tickets" className="nav-link">{t('shell.nav.tickets')}</NavLink>
      <NavLink to="/account/notifications" className="nav-link gap-1.5">
        {t('shell.nav.messages')}
        {unread > 0 && <span className="badge badge-warm"><span className="sr-only">{t('shell.nav.unread')} </span>{unread}</span>}
      </NavLink>
      <NavLink to="/account/settings" className="nav-link">{t('shell.nav.account')}</NavLink>
    </>
  )
}

function Footer () {
  const t = useT()
  return (
    <footer className="mt-20 border-t border-line py-8 text-soft">
      <div className="wrap flex flex-wrap items-center gap-x-8 gap-y-3">
        <p className="mr-auto flex items-center gap-3"><Logo className="h-5 w-6 shrink-0" />{t('shell.tagline')}</p>
        <Link to="/my-data" className="nav-link">{t('shell.my_data')}</Link>
        <LanguageSwitch />
      </div>
    </footer>
  )
}

/**
 * Plain links, so that it works without JavaScript; the whole page loads anew in the other
 * language.
 */
function LanguageSwitch () {
  const { language, t } = useTranslator()
  const { pathname, search } = useLocation()
  const addressIn = (other: string) => {
    const query = new URLSearchParams(search)
    query.set('lang', other)
    return `${pathname}?${query}`
  }
  return (
    <nav aria-label={t('shell.language')} className="flex gap-1">
      {languages.map(other => (
        <a key={other} href={addressIn(other)} lang={other} hrefLang={other} className="nav-link"
          aria-current={other === language ? 'page' : undefined}>
          {languageNames[other]}
        </a>
      ))}
    </nav>
  )
}

/**
 * A button that ends the login; a form, because a link could be followed by a robot or a preview.
 */
export function SignOutButton () {
  const t = useT()
  return (
    <Form method="post" action="/sign-out" reloadDocument>
      <button type="submit" className="button button-quiet">{t('account.sign_out')}</button>
    </Form>
  )
}
