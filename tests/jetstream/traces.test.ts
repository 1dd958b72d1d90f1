import { createClient } from '@fermata/contracts/client'
import { startSplit, type Split } from '@fermata/server/split/start-split'
import { createDataFolder } from '@fermata/testkit/server-process'
import { startTraceReceiver, type TraceReceiver } from '@fermata/testkit/trace-receiver'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { followPurchase, services_of_purchase } from '../end-to-end/traced-purchase.ts'

const base = 27_400
let data: Awaited<ReturnType<typeof createDataFolder>>
let receiver: TraceReceiver
let split: Split

beforeAll(async () => {
  receiver = await startTraceReceiver()
  data = await createDataFolder()
  split = await startSplit({
    environment: {
      PATH: process.env.PATH, FERMATA_DATA: data.folder, RATE_LIMITS: 'off',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    },
    port_base: base, say: () => {},
  })
}, 240_000)
afterAll(async () => {
  await split?.stop()
  await data.remove()
  await receiver.stop()
}, 60_000)

const callAs = (token: string, headers: Record<string, string> = {}) => createClient({
  base_url: split.url, fetch: (address, init) => fetch(address, init),
  headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
}).call

test('ten processes: a purchase is one trace, through the front door, NATS and calls over HTTP', async () => {
  expect(await followPurchase({ call: callAs(''), callAs }, receiver)).toEqual(services_of_purchase)
}, 180_000)
