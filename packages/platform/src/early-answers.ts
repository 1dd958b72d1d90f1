import {
  createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type Server,
} from 'node:http'
import type { Socket } from 'node:net'
import { networkOf } from './network.ts'
import { refuseExpectations, refuseNameless } from './odd-answers.ts'

/**
 * Answers that need nothing of what the server does for each request: no caller, no validation, no
 * log line, no span; they are counted apart. For the few public addresses that a whole crowd asks
 * every few seconds; everything else, and every request that is not quite the usual one, takes the
 * usual way.
 */

export interface EarlyAnswer {
  status: number
  /** Names and values in turn, with the length of the body. */
  headers: string[]
  body: string
}

export interface Asked {
  /** What stands in the place of the path's parameter; empty where it has none. */
  id: string
  /** As it was sent, without the question mark. */
  query: string
  headers: IncomingHttpHeaders
}

/** Null leaves the request to its route. */
export type AnswerEarly = (asked: Asked) => EarlyAnswer | null

/** A success in JSON. */
export const earlyJson = (body: string, headers: Record<string, string>): EarlyAnswer => ({
  status: 200, body, headers: [...Object.entries(headers).flat(),
    'content-type', 'application/json; charset=utf-8',
    'content-length', String(Buffer.byteLength(body))],
})

const answersOf = new WeakMap<Server, Map<string, AnswerEarly>>()

export interface EarlyServerOptions {
  keepAliveTimeout: number
  /** Milliseconds in which the headers of a request, and all of it, have to arrive. */
  headersTimeout: number
  requestTimeout: number
  /** Whose connections are not counted: a proxy brings everybody's. */
  isTrusted: (address: string) => boolean
  /** Those of every answer. */
  headers: Record<string, string>
}

/** Makes the servers of an application, each with a look at the early answers before its routes. */
export function createEarlyServers (options: EarlyServerOptions) {
  const answers = new Map<string, AnswerEarly>()
  const usual = Object.entries(options.headers).flat()
  return (handle: RequestListener): Server => {
    // A request without a Host is refused below, with our headers.
    const { keepAliveTimeout, headersTimeout, requestTimeout } = options
    const server = createServer({
      requireHostHeader: false, keepAliveTimeout, headersTimeout, requestTimeout,
      connectionsCheckingInterval: check_connections_ms,
    }, (request, response) => {
      if (refuseNameless(options.headers, request, response)) return
      const answer = request.method === 'GET' ? find(answers, request) : null
      if (!answer) return handle(request, response)
      response.writeHead(answer.status, [...usual, ...answer.headers]).end(answer.body)
    })
    refuseExpectations(server, options.headers)
    limitConnections(server, options.isTrusted)
    answersOf.set(server, answers)
    return server
  }
}

/** Whoever dawdles is found out this soon after their time is over. */
const check_connections_ms = 2000

/**
 * Open connections of one network. A school of a thousand may sit behind one address, and each
 * browser opens six; as many as the front doors allow.
 */
const max_connections = 6000

/** One network's connections take no file and no memory from everybody else's. */
export function limitConnections (
  server: Server, isTrusted: (address: string) => boolean, most = max_connections
): void {
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || isTrusted(remoteAddress)) return
    const network = networkOf(remoteAddress)
    const count = open.get(network) ?? 0
    if (count >= most) {
      socket.destroy()
      return
    }
    open.set(network, count + 1)
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1
      if (left > 0) open.set(network, left)
      else open.delete(network)
    })
  })
}

const id_in_path = /\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=\/|$)/

function find (
  answers: Map<string, AnswerEarly>, { url = '', headers }: IncomingMessage
): EarlyAnswer | null {
  const query_at = url.indexOf('?')
  if (query_at < 0 || !isUsual(headers)) return null
  const path = url.slice(0, query_at)
  const query = url.slice(query_at + 1)
  const answer = answers.get(path)
  if (answer) return answer({ id: '', query, headers })
  const id = id_in_path.exec(path)?.[1]
  return id === undefined ? null
    : answers.get(path.replace(id, parameter))?.({ id, query, headers }) ?? null
}

/** A token must be looked at, even one that is wrong; pages of other sites need further headers. */
const isUsual = ({ authorization, origin, upgrade }: IncomingHttpHeaders) =>
  authorization === undefined && origin === undefined && upgrade === undefined

/** How a path is kept, whatever its parameter is called. */
const parameter = '{}'

/** From now on this address may be answered early. @param path with one `{id}` at most */
export const answerEarly = (server: Server, path: string, answer: AnswerEarly) =>
  answersOf.get(server)?.set(path.replace(/\{\w+\}/, parameter), answer)

/** A server that stops has other things to say. */
export const endEarlyAnswers = (server: Server) => answersOf.get(server)?.clear()
