import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What a mail server does: its work, nothing after the connection, or not even that. */
export type MailMood = 'well' | 'silent' | 'away'

/** A place before a mail server, from which it seems to be away or to have fallen silent. */
export interface MailGate {
  port: number
  be: (mood: MailMood) => void
  /** Connections that came since the mood last changed. */
  visitors: () => number
  close: () => void
}

export async function startMailGate (port: number): Promise<MailGate> {
  let mood: MailMood = 'well'
  let visitors = 0
  const inside = new Set<Socket>()
  const gate = createServer(socket => {
    visitors++
    inside.add(socket)
    socket.on('error', () => {}).on('close', () => inside.delete(socket))
    if (mood === 'away') socket.destroy()
    if (mood === 'silent') socket.write('220 silent\r\n')
    if (mood !== 'well') return
    const server = connect(port, '127.0.0.1')
    server.on('error', () => {}).on('close', () => { socket.destroy() })
    socket.on('close', () => { server.destroy() })
    socket.pipe(server).pipe(socket)
  })
  await new Promise<void>(resolve => { gate.listen(0, '127.0.0.1', resolve) })
  const leave = () => { for (const socket of inside) socket.destroy() }
  return {
    port: (gate.address() as AddressInfo).port,
    visitors: () => visitors,
    be (next) {
      mood = next
      visitors = 0
      leave()
    },
    close () {
      gate.close()
      leave()
    },
  }
}
