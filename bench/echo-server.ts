import { createServer } from 'node:net'
import { NewOrder } from '@fermata/contracts/orders'
import Fastify from 'fastify'

/**
 * The controls that answer an order without doing anything: `fastify` reads and validates the body
 * by the same schema and sends it back; `bytes` answers ready-made bytes without looking, to see
 * what the load process itself can do.
 */
const kind = process.argv[2]

const port = kind === 'fastify' ? await echo() : await answerBlindly()
process.send!({ port })
process.on('disconnect', () => process.exit(0))

async function echo (): Promise<number> {
  const app = Fastify()
  // TypeBox marks its schemas in ways that say nothing to others.
  const body = JSON.parse(JSON.stringify(NewOrder)) as object
  app.post('/api/orders', { schema: { body } }, (request, reply) => {
    reply.code(201).send(request.body)
  })
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
}

function answerBlindly (): Promise<number> {
  // As long as the answer to an order.
  const body = JSON.stringify({ id: '0'.repeat(36), rest: '.'.repeat(800) })
  const answer = 'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n' +
    `content-length: ${body.length}\r\n\r\n${body}`
  const server = createServer({ noDelay: true }, socket => {
    socket.on('data', () => { socket.write(answer, 'latin1') })
    socket.on('error', () => {})
  })
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' ? address!.port : 0)
    })
  })
}
