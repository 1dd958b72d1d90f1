import { createHash } from 'node:crypto'
import { cookieName } from '@fermata/platform/authenticate'
import type { Db, Tx } from '@fermata/platform/database'
import { networkOf } from '@fermata/platform/network'
import type { Request } from '@fermata/platform/service'
import { findKnownPlaces, rememberPlaces } from './queries/known-places.ts'
import { newSecretToken } from './secret-tokens.ts'
import { readCookie } from './session-cookies.ts'

/** Says of a browser that it is the one of last time, and nothing else. */
export const device_cookie = 'fermata_device'
/** As long as browsers keep a cookie. */
export const place_kept_days = 400
/** Devices and networks of one account. */
const max_places = 100
const device_pattern = /^[\w-]{43}$/

/** Where a request comes from, as far as it matters to whoever guesses or is guessed at. */
export interface Place { network: string, device: string | undefined }

export type Familiarity = 'device' | 'network' | 'stranger'

export function placeOf (
  { ip, headers }: Pick<Request, 'ip' | 'headers'>, public_url: string,
): Place {
  const device = readCookie(headers.cookie, cookieName(device_cookie, public_url))
  const is_ours = device !== undefined && device_pattern.test(device)
  return { network: networkOf(ip), device: is_ours ? device : undefined }
}

const hashOf = (account_id: string, kind: 'device' | 'network', value: string) =>
  createHash('sha256').update([account_id, kind, value].join('\n')).digest()

/** An account that is not there is asked for all the same: the time it takes tells nothing. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** How well an account knows a place: by its device, else by its network, else not at all. */
export async function familiarityOf (
  db: Db, account_id: string | undefined, { device, network }: Place,
): Promise<Familiarity> {
  const id = account_id ?? nobody
  const at_network = hashOf(id, 'network', network)
  const at_device = device === undefined ? null : hashOf(id, 'device', device)
  const known = await findKnownPlaces(db, id, at_device ? [at_device, at_network] : [at_network])
  if (at_device && known.some(hash => hash.equals(at_device))) return 'device'
  return known.length > 0 ? 'network' : 'stranger'
}

/**
 * Remembers where an account was signed in to. Only for who has proven all there was to prove.
 * @returns the token for the device's cookie
 */
export async function rememberPlace (
  tx: Tx, account_id: string, { device = newSecretToken(), network }: Place,
): Promise<string> {
  await rememberPlaces(tx, account_id,
    [hashOf(account_id, 'device', device), hashOf(account_id, 'network', network)], max_places)
  return device
}
