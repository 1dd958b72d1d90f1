import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A mail server that takes every mail and keeps none, so that nothing leaves this machine. */
export interface MailSink {
  port: number
  /** Mails taken. */
  count: () => number
  close: () => void
}

const end_of_mail = '\r\n.\r\n'

export function startMailSink (): Promise<MailSink> {
  let taken = 0
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    let in_mail = false
    let received = ''
    const say = (line: string) => socket.write(`${line}\r\n`)
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    say('220 rehearsal')
    const obey = (line: string) => {
      const word = line.slice(0, 4).toUpperCase()
      if (word === 'DATA') in_mail = true
      if (word === 'QUIT') socket.end('221 bye\r\n')
      else say(word === 'DATA' ? '354 go on' : '250 ok')
    }
    socket.on('data', (chunk: string) => {
      received += chunk
      for (;;) {
        const mark = in_mail ? end_of_mail : '\r\n'
        const at = received.indexOf(mark)
        if (at === -1) {
          // Of a mail nothing is kept but what its end may begin with.
          if (in_mail) received = received.slice(-end_of_mail.length)
          return
        }
        const line = received.slice(0, at)
        received = received.slice(at + mark.length)
        if (in_mail) {
          in_mail = false
          taken++
          say('250 taken')
        } else obey(line)
      }
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve({
      port: (server.address() as AddressInfo).port, count: () => taken,
      close () {
        server.close()
        for (const socket of sockets) socket.destroy()
      },
    }))
  })
}
