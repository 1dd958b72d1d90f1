import { getAvailability } from '@fermata/contracts/orders'
import { getQueuePosition, joinQueue } from '@fermata/contracts/queue'
import Fastify from 'fastify'

/**
 * The controls of what is asked again and again: Fastify with the same addresses and schemas, and
 * nothing behind them. A join is echoed, a poll of availability finds that nothing changed.
 */

const app = Fastify()
/** TypeBox marks its schemas in ways that say nothing to others. */
const plain = (schema: unknown) => JSON.parse(JSON.stringify(schema)) as object
const urlOf = ({ path }: { path: string }) => path.replace(/\{(\w+)\}/g, ':$1')
const etag = '"unchanged"'

app.get(urlOf(getAvailability), { schema: { querystring: plain(getAvailability.query) } },
  (request, reply) => {
    reply.header('etag', etag).header('cache-control', 'public, no-cache')
    if (request.headers['if-none-match'] === etag) reply.code(304).send()
    else reply.send(request.query)
  })
app.post(urlOf(joinQueue), {
  schema: { body: plain(joinQueue.body), params: plain(joinQueue.params) },
}, (request, reply) => { reply.send(request.body) })
app.get(urlOf(getQueuePosition), {
  schema: { params: plain(getQueuePosition.params), querystring: plain(getQueuePosition.query) },
}, (request, reply) => { reply.send(request.query) })

const address = await app.listen({ port: 0, host: '127.0.0.1' })
process.send!({ port: Number(new URL(address).port) })
process.on('disconnect', () => process.exit(0))
