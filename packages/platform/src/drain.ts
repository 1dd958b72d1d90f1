import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { unavailable } from '@fermata/contracts/problems'
import type { FastifyInstance } from 'fastify'
import { sendProblem } from './http-errors.ts'
import { Problem } from './problem.ts'

/** Whoever supervises us waits ten seconds; what a request has not finished by then is cut off. */
const in_flight_limit_ms = 5000
const look_again_ms = 10

const stopping = new Problem(
  unavailable, 'This server is stopping.', { headers: { 'retry-after': '1', connection: 'close' } }
)

/**
 * Lets requests finish before the server closes. Fastify's own close also refuses the calls that
 * services of this process make of each other, so a request in flight could not reach its end.
 * @param isLeaving from then on each answer ends its connection: whoever keeps one, a proxy or
 * another service, would send its next request to a server that is about to refuse it
 * @returns refuses what comes from outside from now on, and resolves when the last answer has left
 */
export function addDrain (app: FastifyInstance, isLeaving: () => boolean): () => Promise<void> {
  const in_flight = new Set<ServerResponse>()
  let draining = false
  // One function for all answers, not one for each.
  function leave (this: ServerResponse): void { in_flight.delete(this) }

  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    // Calls within this process have no socket; a live connection is closed by its own plugin.
    if (!(raw.socket instanceof Socket) || raw.headers.upgrade !== undefined) return done()
    if (draining && !request.routeOptions.config.is_probe) {
      sendProblem(reply, stopping)
      return
    }
    in_flight.add(reply.raw)
    reply.raw.on('close', leave)
    done()
  })
  app.addHook('onSend', (_, reply, payload, done) => {
    if (draining || isLeaving()) reply.header('connection', 'close')
    done(null, payload)
  })

  return async () => {
    draining = true
    const deadline_ms = performance.now() + in_flight_limit_ms
    while (in_flight.size > 0 && performance.now() < deadline_ms) await sleep(look_again_ms)
    if (in_flight.size > 0) app.server.closeAllConnections()
  }
}
