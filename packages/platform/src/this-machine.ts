import type { IncomingHttpHeaders } from 'node:http'
import { createRanges } from './network.ts'

/** What of a request says where it came from. */
export interface Arrival {
  headers: IncomingHttpHeaders
  socket: { remoteAddress?: string | undefined }
}

/** A chain of proxies that is longer is not one of ours. */
const max_hops = 20

/**
 * Makes the question whether somebody on this machine asks. What they see is for nobody else, so
 * whoever cannot be told apart from somebody elsewhere is refused: the connection, and each address
 * that any header names, has to be of this machine, whichever proxies are trusted; a proxy that
 * hides whom it speaks for is none of ours; and the name by which we were asked has to be one that
 * no server of names can give to us, or a page of another site could ask through its reader's
 * browser.
 * @param also addresses and ranges that count as this machine, separated by commas: the network of
 * containers whose ports are open to this machine alone
 */
export function createIsHere (also: string): (arrival: Arrival) => boolean {
  const isNear = createRanges(`loopback,${also}`)

  return ({ headers, socket }) => {
    const named = [
      socket.remoteAddress ?? '', ...listOf(headers['x-forwarded-for']),
      ...listOf(headers['x-real-ip']), ...forwardedFor(headers.forwarded),
    ]
    const hosts = [headers.host ?? '', ...listOf(headers['x-forwarded-host'])]
    return headers.via === undefined && named.length <= max_hops && named.every(isNear) &&
      hosts.every(host => isOwnName(host, also !== ''))
  }
}

const listOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : String(value).split(',')

/** Each `for` of RFC 7239; a header that has none names nobody whom we know. */
function forwardedFor (value: string | undefined): string[] {
  if (value === undefined) return []
  return value.split(',').map(hop => {
    const part = hop.split(';').find(pair => pair.trim().toLowerCase().startsWith('for='))
    return part?.trim().slice('for='.length).replaceAll('"', '') ?? ''
  })
}

/** What a process puts on what it asks for somebody who is not here; nobody gains by forging it. */
export const from_elsewhere = { forwarded: 'for=unknown' }

/** Among containers a name without a dot is one of theirs. */
function isOwnName (host: string, has_containers: boolean): boolean {
  const name = host.trim().toLowerCase().replace(/:\d*$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(name) || (has_containers && /^[a-z0-9-]{1,63}$/.test(name))
}
