import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Bytes of a query before its question: id, flags, four counts. */
const header_bytes = 12

/** Answers questions for IPv4 addresses over UDP: just enough DNS for nginx to ask for names. */
export async function startNameServer () {
  const known = new Map<string, string>()
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const labels: string[] = []
    let at = header_bytes
    for (let length = query[at]!; length > 0; length = query[at]!) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
    const question = query.subarray(header_bytes, at + 5)
    const address = known.get(labels.join('.'))
    const head = Buffer.alloc(header_bytes)
    query.copy(head, 0, 0, 2)
    // An answer, recursion available; 3 says that there is no such name.
    head.writeUInt16BE(address ? 0x8180 : 0x8183, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(address ? 1 : 0, 6)
    // The name as a pointer to the question, type A, class IN, one second to live, four bytes.
    const record = Buffer.from([0xC0, header_bytes, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4,
      ...(address ?? '0.0.0.0').split('.').map(Number)])
    const answer = Buffer.concat([head, question, ...(address ? [record] : [])])
    socket.send(answer, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    set: (name: string, address: string) => { known.set(name, address) },
    stop: async () => { socket.close() },
  }
}
