import { connect } from 'node:net'

/** One keep-alive connection that asks one thing at a time. */
export interface Connection {
  /** Sends a whole request, head and body; the answer arrives at `onAnswer`. */
  send (request: string): void
  close (): void
}

/** @param retry_after_s what a refusal asks for; 0 when it asks for nothing */
export type OnAnswer = (status: number, body: string, retry_after_s: number) => void

const head_end = '\r\n\r\n'
const retry_header = /\r\nretry-after: *(\d+)/i
const length_header = /\r\ncontent-length: *(\d+)/i
const chunked_header = /\r\ntransfer-encoding: *chunked/i
const last_chunk = '\r\n0\r\n\r\n'

/**
 * A client that costs a fraction of `node:http`: it understands what Fermata and the controls send,
 * HTTP/1.1 with Content-Length or in chunks, and nothing else. A body in chunks is given as it
 * came, with their lengths in between: it is a page, which nobody here reads.
 * @param onLost hears of a connection that ended; with true when an answer was still awaited
 */
export function openConnection (
  port: number, onAnswer: OnAnswer, onLost: (was_waiting: boolean) => void
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let received = ''
    let waiting = false
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.setEncoding('latin1')
    const lost = () => {
      const was_waiting = waiting
      waiting = false
      onLost(was_waiting)
    }
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      socket.on('close', lost)
      resolve({
        send (request) {
          waiting = true
          socket.write(request, 'latin1')
        },
        close () {
          socket.off('close', lost)
          socket.destroy()
        },
      })
    })
    socket.on('data', (chunk: string) => {
      received = received === '' ? chunk : received + chunk
      const body_at = bodyStart(received)
      if (body_at === -1) return
      const head = received.slice(0, body_at)
      const length = length_header.exec(head)?.[1]
      if (length === undefined && chunked_header.test(head)) {
        if (!received.endsWith(last_chunk)) return
      } else if (received.length < body_at + Number(length ?? 0)) return
      const status = Number(received.slice(9, 12))
      const body_end = length === undefined ? received.length : body_at + Number(length)
      const body = received.slice(body_at, body_end)
      const retry_after_s = status === 503 || status === 429
        ? Number(retry_header.exec(head)?.[1] ?? 0) : 0
      received = ''
      waiting = false
      onAnswer(status, body, retry_after_s)
    })
  })
}

function bodyStart (received: string): number {
  const end = received.indexOf(head_end)
  return end === -1 ? -1 : end + head_end.length
}

/** A request's text. All that is sent is ASCII, so characters are bytes. */
export const requestText = (path: string, body: string, headers: string) =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
  `content-length: ${body.length}\r\n${headers}\r\n${body}`

export const getText = (path: string, headers: string) =>
  `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`
