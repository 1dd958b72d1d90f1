import {
  createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type Server,
} from 'node:http'
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
  requestTimeout: number
  /** Those of every answer. */
  headers: Record<string, string>
}

/** Makes the servers of an application, each with a look at the early answers before its routes. */
export function createEarlyServers (options: EarlyServerOptions) {
  const answers = new Map<string, AnswerEarly>()
  const usual = Object.entries(options.headers).flat()
  return (handle: RequestListener): Server => {
    // A request without a Host is refused below, with our headers.
    const server = createServer({ requireHostHeader: false }, (request, response) => {
      if (refuseNameless(options.headers, request, response)) return
      const answer = request.method === 'GET' ? find(answers, request) : null
      if (!answer) return handle(request, response)
      response.writeHead(answer.status, [...usual, ...answer.headers]).end(answer.body)
    })
    refuseExpectations(server, options.headers)
    server.keepAliveTimeout = options.keepAliveTimeout
    server.requestTimeout = options.requestTimeout
    answersOf.set(server, answers)
    return server
  }
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
