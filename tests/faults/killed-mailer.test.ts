import { createServer, type AddressInfo } from 'node:net'
import { register } from '@fermata/contracts/auth'
import { startMailServer, type MailServer } from '@fermata/testkit/mail-server'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually, must } from '../end-to-end/sell.ts'
import { figure } from '../proofs/proof.ts'

/** `kill -9` of the process that has a mail in its hands. */

let data: Awaited<ReturnType<typeof createDataFolder>>
let server: ServerProcess | undefined
let mail_server: MailServer | undefined

beforeEach(async () => {
  data = await createDataFolder()
})
afterEach(async () => {
  await server?.stop()
  await mail_server?.stop()
  await data.remove()
})

/** Greets, and then says nothing: whoever has a mail for it waits. */
async function startSilentServer () {
  let visitors = 0
  const silent = createServer(socket => {
    visitors++
    socket.on('error', () => {})
    socket.write('220 silent\r\n')
  })
  await new Promise<void>(resolve => { silent.listen(0, '127.0.0.1', resolve) })
  return {
    port: (silent.address() as AddressInfo).port,
    visitors: () => visitors,
    stop: () => { silent.close() },
  }
}

test('R11: a mail of a killed process is sent by the next within half a minute', async () => {
  const silent = await startSilentServer()
  const settings = (port: number) => ({
    FERMATA_DEMO: 'false', MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String(port),
    MAIL_FROM: 'Hall <hall@example.org>',
  })
  const email = 'ann@example.com'
  server = await startServerProcess(data.folder, settings(silent.port))
  await must(server.call(register, {
    body: { email, password: 'correct horse battery', username: 'ann' },
  }), register)
  await eventually(async () => silent.visitors() > 0, 'the mail to be on its way')
  await server.kill()
  const killed_ms = performance.now()
  silent.stop()

  mail_server = await startMailServer(() => undefined)
  server = await startServerProcess(data.folder, settings(mail_server.port))
  const ready_ms = performance.now()
  await eventually(async () => mail_server!.mails.length > 0, 'the mail', 90_000)
  const arrived_ms = performance.now()

  figure('R11', `The mail of a killed process arrived ${Math.round(arrived_ms - killed_ms)} ms after `
    + `the kill, ${Math.round(arrived_ms - ready_ms)} ms after the next process was ready.`)
  expect(mail_server.mails[0]!.to?.[0]?.address).toBe(email)
  expect(mail_server.mails).toHaveLength(1)
}, 300_000)
