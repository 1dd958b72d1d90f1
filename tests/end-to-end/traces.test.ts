import { createClient } from '@fermata/contracts/client'
import { createDataFolder, startServerProcess, type ServerProcess } from '@fermata/testkit/server-process'
import { startTraceReceiver, type TraceReceiver } from '@fermata/testkit/trace-receiver'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { followPurchase, services_of_purchase } from './traced-purchase.ts'

let data: Awaited<ReturnType<typeof createDataFolder>>
let receiver: TraceReceiver
let server: ServerProcess

beforeAll(async () => {
  receiver = await startTraceReceiver()
  data = await createDataFolder()
  server = await startServerProcess(data.folder, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
}, 180_000)
afterAll(async () => {
  await server?.stop()
  await data.remove()
  await receiver.stop()
})

const callAs = (token: string, headers: Record<string, string> = {}) => createClient({
  base_url: server.url, fetch: (address, init) => fetch(address, init),
  headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
}).call

test('one process: a purchase is one trace, from the order to the mail with the tickets', async () => {
  expect(await followPurchase({ call: server.call, callAs }, receiver))
    .toEqual(services_of_purchase)
}, 120_000)

test('one process: what a page asks of the API stands under the page', async () => {
  const trace_id = crypto.randomUUID()
  expect((await fetch(server.url, { headers: { 'x-request-id': trace_id, cookie: 'a=b' } })).status).toBe(200)
  const spansOf = () => receiver.spans.filter(span => span.trace_id === trace_id.replaceAll('-', ''))
  await expect.poll(() => spansOf().some(({ name }) => name === 'page'), { timeout: 20_000 }).toBe(true)
  const page = spansOf().find(({ name }) => name === 'page')!
  const asked = spansOf().filter(({ parent_id }) => parent_id === page.span_id)
  expect(asked.map(({ service }) => service)).toContain('events')
}, 60_000)
