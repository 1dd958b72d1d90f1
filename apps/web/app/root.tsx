import { countUnread } from '@fermata/contracts/notifications'
import { Links, Outlet, Scripts, ScrollRestoration } from 'react-router'
import type { Route } from './+types/root'
import { useTranslator } from './i18n/translator.tsx'
import { formMiddleware } from './server/form-body.server.ts'
import { api, sessionMiddleware, sessionOf } from './server/session.server.ts'
import { optional } from './server/answers.server.ts'
import { stepUpMiddleware } from './server/step-up.server.ts'
import { visitorOf } from './server/web-request.server.ts'
import { ConfirmPage, stepUpOf } from './ui/confirm-form.tsx'
import { ErrorPage } from './ui/error-page.tsx'
import { PageFrame } from './ui/page-frame.tsx'
import styles from './app.css?url'

export const middleware: Route.MiddlewareFunction[] =
  [sessionMiddleware, formMiddleware, stepUpMiddleware]

export const links: Route.LinksFunction = () => [
  { rel: 'stylesheet', href: styles },
  { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' },
]

export async function loader ({ context }: Route.LoaderArgs) {
  const { me } = context.get(sessionOf)
  const { origin } = context.get(visitorOf)
  const unread = me ? await optional(api(context)(countUnread)) : null
  return {
    origin,
    person: me && { name: me.username, roles: me.roles },
    unread: unread?.unread ?? 0,
  }
}

/** Around pages and errors alike, so it may rely on no loader. */
export function Layout ({ children }: { children: React.ReactNode }) {
  const { language } = useTranslator()
  return (
    <html lang={language}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f4f5f8" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0e1118" />
        <Links />
      </head>
      <body>
        {children}
        <ScrollRestoration />
        <Scripts />
      </body>
    </html>
  )
}

export default function App ({ loaderData }: Route.ComponentProps) {
  return (
    <PageFrame person={loaderData.person} unread={loaderData.unread}>
      <Outlet />
    </PageFrame>
  )
}

export function ErrorBoundary ({ error, loaderData }: Route.ErrorBoundaryProps) {
  const step_up = stepUpOf(error)
  return (
    <PageFrame person={loaderData?.person ?? null} unread={loaderData?.unread ?? 0}>
      {step_up ? <ConfirmPage step_up={step_up} /> : <ErrorPage error={error} />}
    </PageFrame>
  )
}
