import type { AddressInfo } from 'node:net'
import type { Call } from '@fermata/contracts/client'
import { checkedClient } from '@fermata/testkit/check-answer'
import type { TestSystem } from '@fermata/testkit/start'

/** A client of a system that listens, over HTTP. */
export function clientOf ({ system }: TestSystem, token?: string): Call {
  const { port } = system.app.server.address() as AddressInfo
  return checkedClient({
    base_url: `http://127.0.0.1:${port}`, fetch: (url, init) => fetch(url, init),
    headers: token ? { authorization: `Bearer ${token}` } : {},
  })
}
