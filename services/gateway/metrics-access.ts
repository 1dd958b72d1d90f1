import { createHash, timingSafeEqual } from 'node:crypto'
import { forbidden, unauthenticated } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'

const loopback = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Metrics tell how much a shop sells. This machine may read them, others need the token. `ip` is
 * the client's own address behind proxies that are trusted and name it.
 * @throws Problem 401 where a token would help, 403 where none is set
 */
export function admitToMetrics (ip: string, authorization: string | undefined,
  token: string | undefined): void {
  if (authorization !== undefined && token !== undefined) {
    const given = /^Bearer (.+)$/i.exec(authorization)?.[1] ?? ''
    // Digests are of one length, which the comparison needs, and so the token's length stays
    // unknown.
    if (timingSafeEqual(digest(given), digest(token))) return
  } else if (authorization === undefined && loopback.test(ip)) return
  if (token === undefined) throw new Problem(forbidden, 'Only this machine may read the metrics; set METRICS_TOKEN for others.')
  throw new Problem(unauthenticated, undefined, { headers: { 'www-authenticate': 'Bearer' } })
}
