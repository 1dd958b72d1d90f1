import { from_elsewhere } from '@fermata/platform/this-machine'
import type { FastifyInstance } from 'fastify'

/** For whom a request is made, so that limits and logs see the person and not this process. */
export interface Origin {
  address: string, request_id: string, user_agent?: string, traceparent?: string
  /** Absent: somebody on this machine, as far as the address says so. */
  is_elsewhere?: boolean
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>

const withoutBody = new Set([101, 204, 205, 304])

/**
 * `fetch` that reaches the services of this process without a socket. Takes paths (`/api/events`)
 * and whole addresses; bodies are text or bytes. Rejects like `fetch` when the signal aborts.
 */
export function createInjectFetch (app: FastifyInstance, origin: Origin): Fetch {
  return async (url, init) => {
    const { body, method = 'GET', signal } = init
    if (body != null && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new TypeError('Only text and bytes can be sent within the process')
    }
    signal?.throwIfAborted()
    const headers = new Headers(init.headers)
    if (!headers.has('x-request-id')) headers.set('x-request-id', origin.request_id)
    if (origin.traceparent) headers.set('traceparent', origin.traceparent)
    if (origin.user_agent) headers.set('user-agent', origin.user_agent)
    if (origin.is_elsewhere) headers.set('forwarded', from_elsewhere.forwarded)
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers: Object.fromEntries(headers),
      remoteAddress: origin.address,
      payload: body == null ? undefined : typeof body === 'string' ? body : Buffer.from(body),
      ...(signal && { signal }),
    })
    const bytes = withoutBody.has(answer.statusCode) ? null : new Uint8Array(answer.rawPayload)
    return new Response(bytes, {
      status: answer.statusCode,
      statusText: answer.statusMessage,
      headers: headersOf(answer.headers),
    })
  }
}

/** Several cookies are several headers: joined by commas a browser could not part them. */
function headersOf (given: Record<string, number | string | string[] | undefined>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    const values = Array.isArray(value) ? value : [value]
    for (const one of values) if (one !== undefined) headers.append(name, String(one))
  }
  return headers
}
