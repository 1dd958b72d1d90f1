import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** A mail server on a port of its own. */
export interface MailServer {
  port: number
  /** Accepted mails, as a mail reader understands them. */
  mails: Email[]
  /** Accepted mails as they came. */
  sources: string[]
  /** Tries so far, of all addresses that begin so; refused ones count. */
  triesOf: (prefix: string) => number
  stop: () => Promise<void>
}

/** @param answer an SMTP status with which to refuse this try (counted from 1), or nothing */
export async function startMailServer (
  answer: (to: string, attempt: number) => number | undefined,
): Promise<MailServer> {
  const mails: Email[] = []
  const sources: string[] = []
  const tries = new Map<string, number>()
  const accept = async (source: Buffer) => { mails.push(await PostalMime.parse(source)) }
  const server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS'], logger: false,
    onRcptTo ({ address }, _session, done) {
      const attempt = (tries.get(address) ?? 0) + 1
      tries.set(address, attempt)
      const status = answer(address, attempt)
      if (status === undefined) return done()
      done(Object.assign(new Error(`${address} is not taken`), { responseCode: status }))
    },
    onData (stream, _session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const source = Buffer.concat(chunks)
        sources.push(source.toString('latin1'))
        void accept(source).finally(done)
      })
    },
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.server.address() as AddressInfo).port, mails, sources,
    triesOf: prefix => [...tries].reduce((sum, [to, count]) =>
      sum + (to.startsWith(prefix) ? count : 0), 0),
    stop: () => new Promise(resolve => { server.close(() => resolve()) }),
  }
}
