import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { listDeliveries } from '@fermata/contracts/notifications'
import { ticketsIssued } from '@fermata/contracts/tickets'
import { startMailServer } from '@fermata/testkit/mail-server'
import { startTestSystem } from '@fermata/testkit/start'
import { expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { look_ms, rememberUnreached } from './server-return.ts'
import service from './service.ts'
import { authPeer, issued, publisher, ticketsPeer } from './test/news.ts'

/** A mail server with a door in front of it, and a mail that has failed there once. */
async function failOnce (let_in: (socket: Socket, inside: () => Socket) => void) {
  const mail_server = await startMailServer(() => undefined)
  let knocks = 0
  const door = createServer(socket => {
    knocks++
    socket.on('error', () => {})
    let_in(socket, () => connect(mail_server.port, '127.0.0.1').on('error', () => {}))
  })
  await new Promise<void>(resolve => { door.listen(0, '127.0.0.1', resolve) })
  const it = await startTestSystem([service, ticketsPeer, authPeer], {
    MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String((door.address() as AddressInfo).port),
    MAIL_RETRY_SECONDS: '3600', MAIL_FROM: 'Hall <hall@example.org>',
  })
  const token = await it.personToken({ roles: ['admin'] })
  await publisher(it)(ticketsIssued, issued())
  await it.eventually(async () => {
    const { body } = await it.send(listDeliveries, { token, query: { status: 'failed' } })
    return body.items.length === 1
  }, 'the mail to have failed')
  const attempts = async () =>
    (await it.send(listDeliveries, { token, query: {} })).body.items[0]!.attempts
  const looks = (count: number) => {
    const until = knocks + count
    return it.eventually(async () => knocks >= until, 'looks whether it is there')
  }
  return { it, mail_server, attempts, looks, async stop () {
    await it.stop()
    door.close()
    await mail_server.stop()
  } }
}

test('hurryWhenBack: what failed while the mail server was away leaves when it is back, not in an hour', async () => {
  let is_away = true
  const { it, mail_server, looks, stop } = await failOnce((socket, inside) => {
    if (is_away) socket.destroy()
    else socket.pipe(inside()).pipe(socket)
  })
  try {
    expect(mail_server.mails).toEqual([])
    await looks(2)
    is_away = false
    await it.eventually(async () => mail_server.mails.length === 1, 'the mail')
  } finally {
    await stop()
  }
}, 120_000)

test.for([[false, true], [true, false]])(
  'rememberUnreached: it asks at once whether the server is there (%s), before the next look finds it back',
  async ([is_there, was_away]) => {
    const unreached = { ids: new Set<string>(), was_away: false }
    const resources = { unreached, isThere: async () => is_there! } as Ctx['resources']
    await rememberUnreached({ resources }, 'one', 'ECONNECTION')
    expect(unreached).toEqual({ ids: new Set(['one']), was_away })
    // What the server said about a mail is no word about the server.
    await rememberUnreached({ resources }, 'another', 'EMESSAGE')
    expect(unreached.ids.size).toBe(1)
  })

test('hurryWhenBack: a server that greets and breaks off in the middle of mails is not away', async () => {
  const { mail_server, attempts, looks, stop } = await failOnce((socket, inside) => {
    socket.on('data', (bytes: Buffer) => { if (bytes.includes('DATA\r\n')) socket.destroy() })
    socket.pipe(inside()).pipe(socket)
  })
  try {
    await looks(1)
    // Asked once, it is there: nothing is left to look for, and the mail keeps its pause.
    await sleep(2 * look_ms)
    expect(await attempts()).toBe(1)
    expect(mail_server.mails).toEqual([])
  } finally {
    await stop()
  }
}, 120_000)
