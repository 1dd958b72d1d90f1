import {
  headersTooLarge, internalError, malformed, methodNotAllowed, notFound,
  tooLarge, tooMany, unavailable,
} from '@fermata/contracts/problems'
import { securityHeaders } from '@fermata/platform/security-headers'

/** What nginx answers by itself, and the headers with which it does. */

/** Whether the front door speaks TLS. */
interface Door { tls?: object | undefined }

export const indent = (lines: readonly string[]) => lines.map(line => line === '' ? '' : `  ${line}`)

const variableOf = (name: string) => name.replaceAll('-', '_')

/** Of what nginx answers itself: its neighbours say over HTTPS that they insist on it. */
const headersOf = ({ tls }: Door) =>
  Object.entries(securityHeaders(tls ? 'https://localhost' : 'http://localhost'))

/**
 * The headers of every answer, for those that nginx makes itself. An upstream that has said them is
 * not said twice: an empty header is none.
 */
export function ownHeaders (options: Door): string[] {
  return [
    ...headersOf(options).flatMap(([name, value]) => [
      `map $upstream_http_${variableOf(name)} $own_${variableOf(name)} {`,
      '  default "";',
      `  "" ${JSON.stringify(value)};`,
      '}',
    ]),
    ...addOwnHeaders(options),
  ]
}

/** Repeated wherever a location adds a header: it inherits none then. */
export const addOwnHeaders = (options: Door) => headersOf(options)
  .map(([name]) => `add_header ${name} $own_${variableOf(name)} always;`)

const problemPages = {
  // 497 is plain HTTP at a door of HTTPS, 501 and 505 what nginx does not speak.
  malformed: { when: '400 414 497 501 505', problem: malformed },
  headers_too_large: { when: '494', problem: headersTooLarge },
  method_not_allowed: { when: '405', problem: methodNotAllowed },
  not_found: { when: '404', problem: notFound },
  too_large: { when: '413', problem: tooLarge },
  too_many: { when: '429', problem: tooMany },
  internal_error: { when: '500', problem: internalError },
  unavailable: { when: '502 503 504', problem: unavailable },
}

/** What nginx itself has to say is said as the services say it. */
export function errorPages (options: Door): string[] {
  const own = [...addOwnHeaders(options), 'add_header cache-control no-store always;',
    'add_header x-request-id $traced_as always;']
  return Object.entries(problemPages).flatMap(([name, { when, problem }]) => {
    const { type, title, status } = problem
    // Of an address that could not be read nginx goes to no named location.
    const place = `/-problem/${name}`
    const [target, location] = status === 400 || status === 431
      ? [place, `= ${place} {\n  internal;`] : [`@${name}`, `@${name} {`]
    return [
      `error_page ${when} =${status} ${target};`,
      ...`location ${location}`.split('\n'),
      '  default_type application/problem+json;',
      ...indent(own),
      ...(status === 503 || status === 429 ? ['  add_header retry-after 2 always;'] : []),
      `  return ${status} '${JSON.stringify({ type, title, status })}';`,
      '}',
    ]
  }).concat([
    'location @unavailable_page {',
    '  default_type "text/html; charset=utf-8";',
    ...indent(own),
    '  add_header retry-after 2 always;',
    `  return 503 '${unavailable_page}';`,
    '}',
  ])
}

// Nobody is there who could choose the visitor's language, so both are said.
const unavailable_page = [
  '<!doctype html><html lang="en"><meta charset="utf-8">',
  '<meta name="viewport" content="width=device-width"><title>503</title>',
  '<p>This page is not available right now. Please try again in a moment.</p>',
  '<p lang="fr">Cette page est momentanément indisponible. Réessayez dans un instant.</p></html>',
].join('')
