import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Transport } from './call.ts'

/** A service that has not answered by then is treated as away: our caller is waiting too. */
const call_timeout_ms = 5000
/** Tries of a request that may be repeated, all within the one timeout. */
const max_attempts = 3
/** Pauses before a repetition: up to this, doubled each time, and at random, so that callers part. */
const first_pause_ms = 100
/** An address that failed this often in a row is away: nobody waits for it while it is. */
const failures_until_away = 5
/** How long calls are refused at once before one of them is let through to see. */
const away_ms = 1000

interface Address {
  url: string
  /** True when it is worth asking; while it is away, once every `away_ms`. */
  admits: () => boolean
  answered: () => void
  failed: () => void
}

function createAddress (url: string): Address {
  let failures = 0
  let ask_again_at_ms = 0
  return {
    url,
    admits () {
      if (failures < failures_until_away) return true
      if (performance.now() < ask_again_at_ms) return false
      // One may look; its neighbours are refused until it has seen.
      ask_again_at_ms = performance.now() + away_ms
      return true
    },
    answered () {
      failures = 0
    },
    failed () {
      failures++
      ask_again_at_ms = performance.now() + away_ms
    },
  }
}

/** True when nobody was there to receive the request, so that repeating it repeats nothing. */
const wasNotSent = (error: unknown) =>
  ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(
    ((error as Error).cause as { code?: string } | undefined)?.code ?? '')

/**
 * Over HTTP, to a service in other processes. Requests take turns over its addresses; one that may
 * be repeated is, a few times, when an address does not answer or is about to stop. When no address
 * is there, calls fail at once instead of each waiting for its own timeout.
 */
export function httpTransport (...urls: string[]): Transport {
  const addresses = urls.map(createAddress)
  let turn = 0

  /** @throws when every address is away */
  function choose (): Address {
    for (let tried = 0; tried < addresses.length; tried++) {
      const address = addresses[turn++ % addresses.length]!
      if (address.admits()) return address
    }
    throw new Error(`Nobody answered at ${urls.join(', ')} a moment ago`)
  }

  async function ask (path: string, init: RequestInit): Promise<Response> {
    const address = choose()
    try {
      const answer = await fetch(address.url + path, init)
      address.answered()
      return answer
    } catch (error) {
      address.failed()
      throw error
    }
  }

  /** @returns an answer, or why there is none but might be the next time */
  async function attempt (
    { method, path, headers, body, repeatable = false }: Parameters<Transport['send']>[0],
    left_ms: number
  ) {
    try {
      const answer = await ask(
        path, { method, headers, body, signal: AbortSignal.timeout(left_ms) })
      const bytes = await answer.bytes()
      return {
        answer: { status: answer.status, bytes }, again: answer.status === 503 && repeatable,
      }
    } catch (error) {
      return { error, again: repeatable || wasNotSent(error) }
    }
  }

  return {
    async send (request) {
      const deadline_ms = performance.now() + call_timeout_ms
      for (let count = 1; ; count++) {
        const { answer, error, again } = await attempt(
          request, Math.max(1, Math.round(deadline_ms - performance.now())))
        const pause_ms = Math.random() * first_pause_ms * 2 ** (count - 1)
        const is_last = count === max_attempts || performance.now() + pause_ms >= deadline_ms
        if (again && !is_last) await sleep(pause_ms)
        else if (answer) return answer
        else throw error
      }
    },
    async stream ({ method, path, headers, body }) {
      const answer = await ask(
        path, { method, headers, duplex: 'half', body: body && Readable.toWeb(body) as never })
      return {
        status: answer.status,
        stream: answer.body ? Readable.fromWeb(answer.body as never) : Readable.from([]),
      }
    },
  }
}
