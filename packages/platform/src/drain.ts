import type { ServerResponse } from 'node:http'
import { Server, Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** Whoever supervises us waits ten seconds; what a request has not finished by then is cut off. */
const in_flight_limit_ms = 5000
const look_again_ms = 10
/** Who was let in last may still be writing the first line: so many looks that find nothing. */
const quiet_looks = 5
/** A turn of the event loop that took longer may have left somebody waiting at the door. */
const short_turn_ms = 1
const max_looks = 100

/**
 * Lets requests finish before the server closes. Nobody is refused: who still comes finds nobody
 * listening, which tells a proxy that nothing was begun, so it may send even a purchase to the next
 * process. Who is connected is served once more, and told that the connection ends.
 * @param isLeaving from then on each answer ends its connection: whoever keeps one, a proxy or
 * another service, would send its next request to a server that is about to close it
 * @returns stops listening, and resolves when the last answer has left
 */
export function addDrain (app: FastifyInstance, isLeaving: () => boolean): () => Promise<void> {
  const in_flight = new Set<ServerResponse>()
  // One function for all answers, not one for each.
  function leave (this: ServerResponse): void { in_flight.delete(this) }

  app.addHook('onRequest', ({ raw }, reply, done) => {
    // Calls within this process have no socket; a live connection is closed by its own plugin.
    if (raw.socket instanceof Socket && raw.headers.upgrade === undefined) {
      in_flight.add(reply.raw)
      reply.raw.on('close', leave)
    }
    done()
  })
  app.addHook('onSend', (_, reply, payload, done) => {
    if (isLeaving()) reply.header('connection', 'close')
    done(null, payload)
  })

  return async () => {
    await stopListening(app.server)
    const deadline_ms = performance.now() + in_flight_limit_ms
    for (let quiet = 0; quiet < quiet_looks && performance.now() < deadline_ms;) {
      await sleep(look_again_ms)
      quiet = in_flight.size > 0 ? 0 : quiet + 1
    }
    if (in_flight.size > 0) app.server.closeAllConnections()
  }
}

/**
 * Whoever has connected but was not let in yet would be cut off after having sent a request, so
 * the door is closed right after a look at it that found nobody.
 */
async function stopListening (server: Server): Promise<void> {
  if (!server.listening) return
  let came = 0
  const count = () => { came++ }
  server.on('connection', count)
  for (let look = 0; look < max_looks; look++) {
    // Whoever has just slept is less likely to lose the processor between the look and the closing.
    await sleep(1)
    const before = came
    const began_ms = performance.now()
    await nextTurn()
    if (came === before && performance.now() - began_ms < short_turn_ms) break
  }
  server.off('connection', count)
  // That of HTTP would end the kept connections too, and somebody may be about to use one.
  Server.prototype.close.call(server)
}
