import { Category, listEvents } from '@fermata/contracts/events'
import type { Role } from '@fermata/contracts/fields'
import { listTicketTypes } from '@fermata/contracts/orders'
import { Form, Link } from 'react-router'
import type { Route } from './+types/home'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, optional } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { EventCard } from '../ui/event-card.tsx'
import { HeldNote } from '../ui/held-note.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { SeatArcs } from '../ui/seat-arcs.tsx'
import { cardOf } from './event-view.ts'
import { readSearch } from './search.ts'
import { summarizeSale } from './sale-summary.ts'

const page_size = 12
/** Cards that a first screen shows; their pictures load at once. */
const first_cards = 3

export async function loader ({ context, url }: Route.LoaderArgs) {
  const call = api(context)
  const search = readSearch(url.searchParams)
  const answer = await call(listEvents, { query: { ...search.query, limit: page_size } })
  // Words that the API takes no search for, such as the number of a card, are in no event.
  const page = search.is_search && answer.status === 400
    ? { items: [], next_cursor: null } : bodyOf(context, answer)
  const cards = await Promise.all(page.items.map(async event => {
    const types = await optional(call(listTicketTypes, { query: { event_id: event.id } }))
    return { event: cardOf(event), sale: types && summarizeSale(types.items) }
  }))
  const { fields, is_search } = search
  return { cards, fields, is_search, next_cursor: page.next_cursor, categories: Category.enum }
}

export default function Home ({ loaderData, matches }: Route.ComponentProps) {
  const { cards, fields, is_search, next_cursor, categories } = loaderData
  const { person } = matches[0].loaderData
  const t = useT()
  // Below the hero it is the second heading; a search has no hero.
  const Heading = is_search ? 'h1' : 'h2'
  return (
    <>
      <PageTitle>{t('shop.home.title')}</PageTitle>
      {!is_search && <Hero />}
      <section className="wrap" aria-labelledby="found">
        <SearchForm fields={fields} categories={categories} is_search={is_search} />
        <Heading id="found" className="pb-6 pt-12 text-[clamp(1.4rem,1.2rem+.8vw,1.85rem)]">
          {t(is_search ? 'shop.home.matching' : 'shop.home.found')}
        </Heading>
        {cards.length === 0 ? <Nothing is_search={is_search} person={person} /> : (
          <ul className="grid gap-6 sm:grid-cols-2 lg:grid-cols-3">
            {cards.map(({ event, sale }, index) => (
              <li key={event.id} className="grid">
                <EventCard event={event} sale={sale} eager={index < first_cards} />
              </li>
            ))}
          </ul>
        )}
        <Pages fields={fields} next_cursor={next_cursor} />
      </section>
    </>
  )
}

function Hero () {
  const t = useT()
  return (
    <section className="overflow-hidden border-b border-line bg-surface">
      <div className="wrap grid items-end gap-x-10 gap-y-6 pt-10 md:grid-cols-[1.1fr_1fr] md:pt-14">
        <div className="grid gap-4 md:pb-14">
          <h1 className="text-[clamp(2.75rem,1.6rem+5vw,5rem)]">{t('shop.home.hero')}</h1>
          <p className="max-w-[34ch] text-lg text-soft md:text-xl">{t('shop.home.lead')}</p>
        </div>
        <SeatArcs className="w-full max-w-xl justify-self-center" />
      </div>
    </section>
  )
}

type Fields = ReturnType<typeof readSearch>['fields']

interface SearchProps { fields: Fields, categories: readonly Category[], is_search: boolean }

function SearchForm ({ fields, categories, is_search }: SearchProps) {
  const t = useT()
  return (
    <Form role="search" method="get" action="/" key={JSON.stringify(fields)} aria-label={t('shop.home.search')}
      className="panel mt-8 grid grid-cols-2 gap-x-3 gap-y-4 lg:grid-cols-[1.5fr_1fr_1.2fr_10.5rem_10.5rem_auto] lg:gap-3 lg:px-6 lg:items-end">
      <div className="field col-span-2 lg:col-span-1">
        <label htmlFor="q">{t('shop.home.words')}</label>
        <input id="q" name="q" type="search" className="input" maxLength={200} defaultValue={fields.q}
          placeholder={t('shop.home.words_hint')} />
      </div>
      <div className="field">
        <label htmlFor="city">{t('shop.home.city')}</label>
        <input id="city" name="city" className="input" maxLength={120} defaultValue={fields.city} />
      </div>
      <div className="field">
        <label htmlFor="category">{t('shop.home.category')}</label>
        <select id="category" name="category" className="input" defaultValue={fields.category}>
          <option value="">{t('shop.home.any_category')}</option>
          {categories.map(category => (
            <option key={category} value={category}>{t(`shop.category.${category}`)}</option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="from">{t('shop.home.from')}</label>
        <input id="from" name="from" type="date" className="input" defaultValue={fields.from} />
      </div>
      <div className="field">
        <label htmlFor="to">{t('shop.home.to')}</label>
        <input id="to" name="to" type="date" className="input" defaultValue={fields.to} />
      </div>
      <div className="col-span-2 lg:col-span-1">
        <button type="submit" className="button max-lg:w-full">{t('shop.home.apply')}</button>
      </div>
      {is_search && <p className="col-span-2 lg:col-span-6"><Link to="/" className="link">{t('shop.home.clear')}</Link></p>}
    </Form>
  )
}

interface NothingProps { is_search: boolean, person: { roles: Role[] } | null }

/** Where nothing is announced yet, whoever may announce something is led to it. */
function Nothing ({ is_search, person }: NothingProps) {
  const t = useT()
  const may_organize = person?.roles.some(role => role === 'event_creator' || role === 'admin')
  return (
    <div className="panel grid justify-items-center gap-3 py-14 text-center" role="status">
      <HeldNote className="w-32 text-strong" />
      <h3>{t(is_search ? 'shop.home.empty_title' : 'shop.home.none_title')}</h3>
      <p className="text-soft">{t(is_search ? 'shop.home.empty_text' : 'shop.home.none_text')}</p>
      {is_search && <Link to="/" className="button button-quiet mt-2">{t('shop.home.clear')}</Link>}
      {!is_search && may_organize && (
        <Link to="/organizer/events/new" className="button mt-2">{t('shop.home.create')}</Link>
      )}
      {!is_search && !person && (
        <Link to="/sign-in?next=/organizer/events/new" className="link">{t('shop.home.organize')}</Link>
      )}
    </div>
  )
}

function Pages ({ fields, next_cursor }: { fields: Fields, next_cursor: string | null }) {
  const t = useT()
  const kept = Object.entries(fields).filter(([name, value]) => value && name !== 'cursor')
  const address = (cursor: string | null) => `/?${new URLSearchParams(cursor ? [...kept, ['cursor', cursor]] : kept)}`
  if (!next_cursor && !fields.cursor) return null
  return (
    <nav className="flex flex-wrap justify-center gap-3 pt-10" aria-label={t('shell.more')}>
      {fields.cursor && <Link to={address(null)} className="button button-quiet">{t('shop.home.first')}</Link>}
      {next_cursor && <Link to={address(next_cursor)} className="button button-quiet">{t('shop.home.next')}</Link>}
    </nav>
  )
}
