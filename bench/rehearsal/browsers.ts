import { setTimeout as sleep } from 'node:timers/promises'
import { openConnection, type Connection } from '../http-connection.ts'

/** Connections that buyers take for a request and hand on, as many as are needed at once. */

export interface Answer {
  /** 0: the connection broke, or nothing came in time. */
  status: number
  body: string
}

export interface Browsers {
  ask (request: string): Promise<Answer>
  /** Sends, and hangs up before the answer can come. */
  askAndHangUp (request: string): Promise<void>
  close (): void
}

interface Lane { connection: Connection | null, settle: ((answer: Answer) => void) | null }

/** A process may not open more files than the system allows; far below what is usual. */
const most_open = 4000
const patience_ms = 15_000
/** Long enough that the server has begun, short enough that it is rarely done. */
const hang_up_after_ms = 3

const no_answer: Answer = { status: 0, body: '' }

export function createBrowsers (port: number): Browsers {
  const free: Lane[] = []
  const lanes = new Set<Lane>()
  const waiting: ((lane: Lane) => void)[] = []

  async function open (): Promise<Lane> {
    const lane: Lane = { connection: null, settle: null }
    lanes.add(lane)
    const finish = (answer: Answer) => {
      const { settle } = lane
      lane.settle = null
      settle?.(answer)
    }
    try {
      lane.connection = await openConnection(port,
        (status, body) => finish({ status, body }),
        () => {
          remove(lane)
          finish(no_answer)
        })
    } catch {
      lanes.delete(lane)
    }
    return lane
  }

  function remove (lane: Lane): void {
    lanes.delete(lane)
    lane.connection = null
    const at = free.indexOf(lane)
    if (at !== -1) free.splice(at, 1)
  }

  async function take (): Promise<Lane> {
    const lane = free.pop()
    if (lane) return lane
    if (lanes.size < most_open) return open()
    return new Promise(resolve => { waiting.push(resolve) })
  }

  function give (lane: Lane): void {
    const next = waiting.shift()
    if (!next) {
      if (lane.connection) free.push(lane)
    } else if (lane.connection) next(lane)
    else void replace(next)
  }

  const replace = async (next: (lane: Lane) => void) => next(await open())

  return {
    async ask (request) {
      const lane = await take()
      if (!lane.connection) {
        give(lane)
        return no_answer
      }
      const answer = await new Promise<Answer>(resolve => {
        const timer = setTimeout(() => {
          lane.settle = null
          lane.connection?.close()
          remove(lane)
          resolve(no_answer)
        }, patience_ms)
        lane.settle = given => {
          clearTimeout(timer)
          resolve(given)
        }
        lane.connection!.send(request)
      })
      give(lane)
      return answer
    },
    async askAndHangUp (request) {
      const lane = await take()
      lane.connection?.send(request)
      await sleep(hang_up_after_ms)
      lane.connection?.close()
      remove(lane)
      give(lane)
    },
    close () {
      for (const lane of lanes) lane.connection?.close()
    },
  }
}
