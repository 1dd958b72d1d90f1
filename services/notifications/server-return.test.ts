import { connect, createServer, type AddressInfo } from 'node:net'
import { listDeliveries } from '@fermata/contracts/notifications'
import { ticketsIssued } from '@fermata/contracts/tickets'
import { startMailServer } from '@fermata/testkit/mail-server'
import { startTestSystem } from '@fermata/testkit/start'
import { expect, test } from 'vitest'
import service from './service.ts'
import { authPeer, issued, publisher, ticketsPeer } from './test/news.ts'

test('hurryWhenBack: what failed while the mail server was away leaves when it is back, not in an hour', async () => {
  const mail_server = await startMailServer(() => undefined)
  let is_away = true
  const door = createServer(socket => {
    socket.on('error', () => {})
    if (is_away) {
      socket.destroy()
      return
    }
    const inside = connect(mail_server.port, '127.0.0.1').on('error', () => {})
    socket.pipe(inside).pipe(socket)
  })
  await new Promise<void>(resolve => { door.listen(0, '127.0.0.1', resolve) })
  const it = await startTestSystem([service, ticketsPeer, authPeer], {
    MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String((door.address() as AddressInfo).port),
    MAIL_RETRY_SECONDS: '3600', MAIL_FROM: 'Hall <hall@example.org>',
  })
  try {
    const token = await it.personToken({ roles: ['admin'] })
    await publisher(it)(ticketsIssued, issued())
    await it.eventually(async () => {
      const { body } = await it.send(listDeliveries, { token, query: { status: 'failed' } })
      return body.items.length === 1
    }, 'the mail to have failed')
    expect(mail_server.mails).toEqual([])

    is_away = false

    await it.eventually(async () => mail_server.mails.length === 1, 'the mail')
  } finally {
    await it.stop()
    door.close()
    await mail_server.stop()
  }
}, 120_000)
