import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ProblemDefinition } from '@fermata/contracts/define'
import {
  expectationFailed, headersTooLarge, malformed, requestTimeout,
} from '@fermata/contracts/problems'
import { uuidv7 } from './ids.ts'

/**
 * What a server answers before there is a request, or instead of one: to bytes that are no HTTP,
 * to headers without end, to a client that dawdles. Node would say it in a line without headers;
 * here it is a problem like any other.
 */

const byCode: Record<string, ProblemDefinition> = {
  HPE_HEADER_OVERFLOW: headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: requestTimeout,
}

const bodyOf = ({ type, title, status }: ProblemDefinition) =>
  JSON.stringify({ type, title, status })

type Headers = Record<string, string>

/** @param headers those of every answer */
const oddHeaders = (headers: Headers, body: string): Headers => ({
  ...headers, 'cache-control': 'no-store', 'x-request-id': uuidv7(),
  'content-type': 'application/problem+json', 'content-length': String(Buffer.byteLength(body)),
  connection: 'close',
})

/** A connection whose answer has begun; another one in its middle would be read as its rest. */
type Answering = Socket & { _httpMessage?: { headersSent: boolean } | null }

/** To read its answer; cut off at once, a client that still sends might not. */
const last_look_ms = 2000

/** Whoever keeps their side of a connection open keeps one of ours. */
function letGo (socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), last_look_ms).unref()
  socket.once('close', () => clearTimeout(timer)).resume()
}

/** Connections that bring a body for which nobody is hurried. */
const unhurried = new WeakSet<Socket>()

/**
 * The body of this request may come for as long as it takes, e.g. a copy that is put back: the time
 * of a server's requests is one for all of them.
 */
export function letTakeItsTime (request: IncomingMessage): void {
  const { socket } = request
  unhurried.add(socket)
  request.once('close', () => unhurried.delete(socket))
}

/** Answers a client of whose request the parser made nothing, and closes the connection. */
export function refuseUnreadable (headers: Headers) {
  return ({ code = '' }: Error & { code?: string }, socket: Answering): void => {
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && unhurried.has(socket)) return
    const is_answering = socket._httpMessage?.headersSent === true
    if (code === 'ECONNRESET' || socket.destroyed || !socket.writable || is_answering) {
      socket.destroy()
      return
    }
    const problem = byCode[code] ?? malformed
    const body = bodyOf(problem)
    const lines = Object.entries({ ...oddHeaders(headers, body), date: new Date().toUTCString() })
      .map(([name, value]) => `${name}: ${value}\r\n`)
    socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${body}`)
    letGo(socket)
  }
}

function refuse (headers: Headers, response: ServerResponse, problem: ProblemDefinition): void {
  const body = bodyOf(problem)
  response.writeHead(problem.status, oddHeaders(headers, body)).end(body)
}

/** HTTP/1.1 asks for a Host (RFC 9112, 3.2); Node's own refusal has no headers. */
export function refuseNameless (
  headers: Headers, request: IncomingMessage, response: ServerResponse
): boolean {
  if (request.headers.host !== undefined || request.httpVersion !== '1.1') return false
  refuse(headers, response, malformed)
  return true
}

/** Answers an `Expect` that nobody can fulfil. */
export function refuseExpectations (server: Server, headers: Headers): void {
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    refuse(headers, response, expectationFailed)
  })
}
