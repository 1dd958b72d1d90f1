import { decimalOf } from '@fermata/contracts/money'
import { languages } from '../i18n/language.ts'
import type { EventPage } from './event.tsx'

/**
 * What search engines and link previews read: a description, addresses in each language,
 * schema.org's Event.
 */
export function EventMeta ({ event, types, origin }: EventPage) {
  const address = `${origin}/events/${event.slug}`
  const description = event.description.replace(/\s+/g, ' ').slice(0, 200)
  return (
    <>
      <meta name="description" content={description} />
      <meta property="og:type" content="website" />
      <meta property="og:site_name" content="Fermata" />
      <meta property="og:title" content={event.title} />
      <meta property="og:description" content={description} />
      <meta property="og:url" content={address} />
      <meta property="og:image" content={origin + event.image} />
      <link rel="canonical" href={address} />
      {languages.map(language => <link key={language} rel="alternate" hrefLang={language} href={`${address}?lang=${language}`} />)}
      <script type="application/ld+json"
        dangerouslySetInnerHTML={{ __html: asJson(schemaOf(event, types, origin)) }} />
    </>
  )
}

/** Text that cannot end the script element, whatever an organiser wrote. */
const asJson = (value: object) => JSON.stringify(value).replaceAll('<', '\\u003c')

const availability = {
  open: 'InStock', sold_out: 'SoldOut', upcoming: 'PreOrder', ended: 'Discontinued', closed: 'Discontinued',
} as const

function schemaOf (event: EventPage['event'], types: EventPage['types'], origin: string): object {
  const address = `${origin}/events/${event.slug}`
  return {
    '@context': 'https://schema.org',
    '@type': 'Event',
    name: event.title,
    description: event.description,
    url: address,
    image: [origin + event.image],
    startDate: event.starts_at,
    endDate: event.ends_at,
    eventStatus: `https://schema.org/${event.status === 'canceled' ? 'EventCancelled' : 'EventScheduled'}`,
    eventAttendanceMode: 'https://schema.org/OfflineEventAttendanceMode',
    organizer: { '@type': 'Organization', name: event.organizer_name },
    location: {
      '@type': 'Place',
      name: event.venue.name,
      address: {
        '@type': 'PostalAddress', streetAddress: event.venue.address, addressLocality: event.venue.city,
        addressCountry: event.venue.country,
      },
    },
    offers: types.map(type => ({
      '@type': 'Offer',
      name: type.name,
      price: decimalOf(type.current_price_minor, type.currency),
      priceCurrency: type.currency,
      availability: `https://schema.org/${availability[type.on_sale]}`,
      url: address,
      ...(type.sales_start && { validFrom: type.sales_start }),
    })),
  }
}
