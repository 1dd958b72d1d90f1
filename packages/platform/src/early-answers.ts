import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'

/**
 * Answers that need nothing of what the server does for each request: no caller, no validation, no
 * log line. For the few public addresses that a whole crowd asks every few seconds; everything
 * else, and every request that is not quite the usual one, takes the usual way.
 */

export interface EarlyAnswer {
  status: number
  /** Names and values in turn; all of them, with the length of the body. */
  headers: string[]
  body: string
}

/** Null leaves the request to its route. @param query as it was sent, without question mark */
export type AnswerEarly = (query: string, headers: IncomingHttpHeaders) => EarlyAnswer | null

const answersOf = new WeakMap<Server, Map<string, AnswerEarly>>()

export interface EarlyServerOptions { keepAliveTimeout: number, requestTimeout: number }

/** Makes the servers of an application, each with a look at the early answers before its routes. */
export function createEarlyServers (options: EarlyServerOptions) {
  const answers = new Map<string, AnswerEarly>()
  return (handle: RequestListener): Server => {
    const server = createServer((request, response) => {
      const { url = '', method, headers } = request
      const query_at = method === 'GET' ? url.indexOf('?') : -1
      const answer = query_at > 0 && isUsual(headers)
        ? answers.get(url.slice(0, query_at))?.(url.slice(query_at + 1), headers) : null
      if (!answer) return handle(request, response)
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
    server.keepAliveTimeout = options.keepAliveTimeout
    server.requestTimeout = options.requestTimeout
    answersOf.set(server, answers)
    return server
  }
}

/** A token must be looked at, even one that is wrong; pages of other sites need further headers. */
const isUsual = ({ authorization, origin, upgrade }: IncomingHttpHeaders) =>
  authorization === undefined && origin === undefined && upgrade === undefined

/** From now on this address may be answered early. */
export const answerEarly = (server: Server, path: string, answer: AnswerEarly) =>
  answersOf.get(server)?.set(path, answer)

/** A server that stops has other things to say. */
export const endEarlyAnswers = (server: Server) => answersOf.get(server)?.clear()
