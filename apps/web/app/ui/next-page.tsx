import { Link, useLocation } from 'react-router'
import { useT } from '../i18n/translator.tsx'

/** Leads to the next page of a list, whose place is in the address. */
export function NextPage ({ next_cursor }: { next_cursor: string | null }) {
  const t = useT()
  const { pathname, search } = useLocation()
  if (!next_cursor) return null
  const query = new URLSearchParams(search)
  query.set('cursor', next_cursor)
  return <p className="text-center"><Link to={`${pathname}?${query}`} className="button button-quiet">{t('shell.more')}</Link></p>
}
