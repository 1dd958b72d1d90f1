import { connect, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { addDrain } from './drain.ts'

/** People who knock in the very moment in which a server stops listening. */

async function serve () {
  let leaving = false
  const app = Fastify({ forceCloseConnections: 'idle', return503OnClosing: false })
  const drain = addDrain(app, () => leaving)
  app.post('/', async () => {
    await sleep(5)
    return { bought: true }
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { app, port, leave: () => {
    leaving = true
    return drain()
  } }
}

const purchase = 'POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n'
type Knock = 'served' | 'told to leave' | 'nobody there' | 'lost'

/** One tick later the kernel has connected it, and the server has not let it in yet. */
function knock (port: number): Promise<Knock> {
  return new Promise(resolve => {
    let answer = ''
    let refused = false
    const socket = connect({ host: '127.0.0.1', port }, () => { socket.write(purchase) })
    socket.on('data', (chunk: Buffer) => { answer += chunk.toString() })
      .on('error', (error: NodeJS.ErrnoException) => { refused = error.code === 'ECONNREFUSED' })
      .on('close', () => {
        resolve(refused ? 'nobody there' : !answer.startsWith('HTTP/1.1 200') ? 'lost'
          : /^connection: close$/im.test(answer) ? 'told to leave' : 'served')
      })
  })
}

test('drain: whoever stands at the door when it closes is let in, served and told to leave', async () => {
  const { app, port, leave } = await serve()
  const knocked = Array.from({ length: 40 }, () => knock(port))
  await new Promise(process.nextTick)
  const left = leave()

  expect(new Set(await Promise.all(knocked))).toEqual(new Set(['told to leave']))
  await left
  expect(await knock(port)).toBe('nobody there')
  await app.close()
})

test('drain: without the look at the door they are lost (control)', async () => {
  const { app, port } = await serve()
  const knocked = Array.from({ length: 40 }, () => knock(port))
  await new Promise(process.nextTick)
  app.server.close()

  expect(await Promise.all(knocked)).toContain('lost')
  await app.close()
})

test('drain: who keeps a connection is served on it once more, after nobody listens', async () => {
  const { app, port, leave } = await serve()
  const kept = connect({ host: '127.0.0.1', port })
  const said: string[] = []
  kept.on('data', (chunk: Buffer) => { said.push(chunk.toString()) })
  const ended = new Promise(resolve => kept.once('close', resolve))
  kept.write(purchase)
  await expect.poll(() => said.join(''), { timeout: 10_000 }).toContain('200 OK')
  said.length = 0

  const left = leave()
  await expect.poll(() => app.server.listening, { timeout: 10_000 }).toBe(false)
  kept.write(purchase)

  await ended
  expect(said.join('')).toMatch(/^HTTP\/1\.1 200[^]*connection: close/i)
  await left
  await app.close()
})
