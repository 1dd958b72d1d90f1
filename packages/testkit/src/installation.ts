import type { Call } from '@fermata/contracts/client'
import { checkedClient } from './check-answer.ts'
import { startServerProcess } from './server-process.ts'

/** Fermata for an end-to-end test, which does not know in how many processes it runs. */
export interface Installation {
  url: string
  /** A typed client of the API, for nobody in particular. */
  call: Call
  /** A typed client for a person or an order. */
  callAs: (token: string) => Call
  /** `kill -9` of every process of ours at once; PostgreSQL goes on without them. */
  kill: () => Promise<void>
  stop: () => Promise<unknown>
}

/** How long a test file may wait for it: two of every service are two dozen processes. */
export const start_within_ms = 240_000

/** In which shapes Fermata can be tested: ten services apart, and two of each. */
export const shapes = ['split', 'twins'] as const
export type Shape = typeof shapes[number]

/**
 * Starts Fermata as `npm start` does. In a run of tests/split it is the installation in the shape
 * of this run instead, which all its files share and which has settings of its own: rate limits
 * are off there.
 */
export async function startInstallation (
  folder: string, environment: Record<string, string> = {}
): Promise<Installation> {
  const { FERMATA_TEST_SHAPE: shape, FERMATA_TEST_INSTALLATIONS: keeper } = process.env
  if (!shape) return startServerProcess(folder, environment)
  if (!keeper) throw new Error('Only the configuration of tests/split sets FERMATA_TEST_SHAPE')
  const { url } = await ask<{ url: string }>(`${keeper}/start/${shape}`)
  const clientOf = (headers: Record<string, string>) =>
    checkedClient({ base_url: url, fetch: (address, init) => fetch(address, init), headers })
  return {
    url, call: clientOf({}),
    callAs: token => clientOf({ authorization: `Bearer ${token}` }),
    kill: async () => { await ask(`${keeper}/kill/${shape}`) },
    // The next file goes on with it.
    stop: () => Promise.resolve(),
  }
}

async function ask<T> (url: string): Promise<T> {
  const answer = await fetch(url, { method: 'POST' })
  const body = await answer.json() as T & { error?: string }
  if (!answer.ok) throw new Error(body.error)
  return body
}
