import { isRouteErrorResponse, Link, useLocation } from 'react-router'
import type { TextKey } from '../i18n/translate.ts'
import { useT } from '../i18n/translator.tsx'
import { PageTitle } from './page-title.tsx'
import { HeldNote } from './held-note.tsx'

type Kind =
  'not_found' | 'forbidden' | 'busy' | 'unavailable' | 'unreadable' | 'changed' | 'failed'

function kindOf (error: unknown): Kind {
  if (!isRouteErrorResponse(error)) return 'failed'
  const kinds: Record<number, Kind> = {
    404: 'not_found', 403: 'forbidden', 429: 'busy', 503: 'unavailable', 405: 'not_found',
    400: 'unreadable', 415: 'unreadable', 409: 'changed', 410: 'changed', 422: 'changed',
  }
  return kinds[error.status] ?? 'failed'
}

/** What people see when there is no page: what happened, and the next thing to do. */
export function ErrorPage ({ error }: { error: unknown }) {
  const t = useT()
  const { pathname, search } = useLocation()
  const kind = kindOf(error)
  const key = <P extends 'title' | 'text'>(part: P): TextKey => `errors.${kind}.${part}`
  return (
    <div className="wrap grid justify-items-center gap-5 py-20 text-center">
      <PageTitle>{t(key('title'))}</PageTitle>
      <HeldNote className="w-40 text-strong" />
      <h1>{t(key('title'))}</h1>
      <p className="max-w-prose text-lg text-soft">{t(key('text'))}</p>
      <p className="flex flex-wrap justify-center gap-3 pt-2">
        {['busy', 'unavailable', 'unreadable', 'changed', 'failed'].includes(kind) && (
          <a href={pathname + search} className="button">{t('errors.again')}</a>
        )}
        <Link to="/" className="button button-quiet">{t('errors.home')}</Link>
      </p>
    </div>
  )
}
