import { login } from '@fermata/contracts/auth'
import { listDeliveries, listMailbox, sendNotification } from '@fermata/contracts/notifications'
import { startServerProcess, createDataFolder } from '@fermata/testkit/server-process'
import { SMTPServer } from 'smtp-server'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, must } from './sell.ts'

/** The demonstration on a machine that has a mail server set up. */

let data: Awaited<ReturnType<typeof createDataFolder>>
let mail_server: SMTPServer
let connections = 0
const recipients: string[] = []

beforeAll(async () => {
  data = await createDataFolder()
  mail_server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS'], logger: false,
    onConnect (_session, done) { connections++; done() },
    onRcptTo ({ address }, _session, done) { recipients.push(address); done() },
    onData (stream, _session, done) { stream.resume().on('end', done) },
  })
  await new Promise<void>(resolve => { mail_server.listen(0, '127.0.0.1', resolve) })
})
afterAll(async () => {
  await new Promise<void>(resolve => { mail_server.close(resolve) })
  await data.remove()
})

const mailServer = () => ({
  MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String((mail_server.server.address() as AddressInfo).port),
})

type Server = Awaited<ReturnType<typeof startServerProcess>>

const says = (server: Server, words: string) => eventually(
  () => Promise.resolve(server.output().includes(words)), `the start to say "${words}"`)

/** An administrator, who may write to anybody; every reader of the README is one in the demo. */
async function administrator (server: Server) {
  const { access_token } = await must(server.call(login,
    { body: { email: 'admin@example.com', password: 'password' } }), login)
  return server.callAs(access_token)
}

test('demo data send nothing out where a mail server is set up, and the start says where mails go', async () => {
  const server = await startServerProcess(data.folder, mailServer())
  try {
    await says(server, `Mails stay here, at ${server.url}/mailbox: MAIL_HOSTNAME is not used`)
    const call = await administrator(server)
    await must(call(sendNotification, { body: {
      email: 'somebody@example.org', title: 'Hello', body: 'Words' } }), sendNotification)
    await eventually(async () => {
      const { items } = await must(call(listDeliveries, { query: { limit: 100 } }), listDeliveries)
      return items.length > 3 && items.every(one => one.status === 'sent')
    }, 'all mails of the demo to be written', 60_000)
    const { items } = await must(server.call(listMailbox, { query: { limit: 100 } }), listMailbox)
    expect(items.map(mail => mail.to)).toEqual(expect.arrayContaining(['user@example.com', 'somebody@example.org']))
    expect([connections, recipients]).toEqual([0, []])
  } finally {
    await server.stop()
  }
}, 180_000)

test('without demo data the same mail server is used, so the test above can fail', async () => {
  const server = await startServerProcess(data.folder, { ...mailServer(), FERMATA_DEMO: 'false' })
  try {
    await says(server, `Mails are sent by 127.0.0.1:${mailServer().MAIL_PORT}.`)
    const call = await administrator(server)
    await must(call(sendNotification, { body: {
      email: 'somebody@example.org', title: 'Hello', body: 'Words' } }), sendNotification)
    await eventually(() => Promise.resolve(recipients.length > 0), 'the mail', 60_000)
    expect(recipients).toContain('somebody@example.org')
  } finally {
    await server.stop()
  }
}, 180_000)
