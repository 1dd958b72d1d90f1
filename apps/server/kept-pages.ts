import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Place, RenderLine } from './render-line.ts'

const compress = promisify(gzip)

/** The whole answer to a page, ready to be sent to anybody. */
export interface FinishedPage {
  status: number
  headers: [name: string, value: string][]
  body: Buffer
  nonce: string
  etag: string
  /** Compressed once, for whoever asks for it first. */
  gzip: () => Promise<Buffer>
}

/** What became of a shared render; `full` and `gone` as its line said. */
export type Shared = FinishedPage | 'full' | 'gone'

export interface KeptPagesOptions {
  /** From the moment the render begins, so it bounds how old what it read may be. */
  kept_ms: number
  max_pages: number
  max_bytes: number
  now?: () => number
}

interface Kept {
  began_at: number | null
  /** Where its render waits; null once it is there. */
  place: Place | null
  page: Promise<Shared>
  bytes: number
  /** How many wait for it. */
  watchers: number
}

/** Who asks for a page, and where they wait until it is made. */
export interface Looker {
  /** Aborts when this visitor leaves; the render is for all, so it goes on. */
  gone: AbortSignal
  network: string
  line: RenderLine
}

/**
 * Shares the render of a page among all who ask while it is under way or fresh. Answers that are
 * for one visitor alone, and failures, reach only who caused them: `null` tells the others to
 * render for themselves.
 */
export function createKeptPages (options: KeptPagesOptions) {
  const { kept_ms, max_pages, max_bytes, now = () => performance.now() } = options
  // In the order in which they were asked for: the oldest are the first to go.
  const pages = new Map<string, Kept>()
  let total_bytes = 0

  function forget (key: string, one: Kept): void {
    if (pages.get(key) !== one) return
    pages.delete(key)
    total_bytes -= one.bytes
  }

  const isStale = ({ began_at }: Kept) => began_at !== null && now() - began_at >= kept_ms

  function makeRoom (): void {
    for (const [key, one] of pages) {
      if (!isStale(one) && pages.size <= max_pages && total_bytes <= max_bytes) return
      forget(key, one)
    }
  }

  function start (
    key: string, { line, network }: Looker, make: () => Promise<FinishedPage>
  ): Kept {
    const asked = { began_at: null, bytes: 0, watchers: 1 }
    const place = line.enter(network, () => asked.watchers === 0)
    const one: Kept = Object.assign(asked, { place, page: work(place) })
    pages.set(key, one)
    one.page.then(page => {
      if (typeof page === 'string' || !isShareable(page)) return forget(key, one)
      if (pages.get(key) !== one) return
      // A compressed copy is a fraction of the page; counted as half of it.
      one.bytes = Math.ceil(page.body.length * 1.5)
      total_bytes += one.bytes
      makeRoom()
    }, () => forget(key, one))
    makeRoom()
    return one

    async function work ({ turn: waited }: Place): Promise<Shared> {
      const turn = await waited
      one.place = null
      if (typeof turn === 'string') return turn
      try {
        one.began_at = now()
        return await make()
      } finally {
        turn.leave()
      }
    }
  }

  return {
    /**
     * Whoever asks while the render still waits brings a turn of their own network: behind one
     * who has many before them, they would wait for all of those.
     */
    async find (
      key: string, looker: Looker, make: () => Promise<FinishedPage>
    ): Promise<Shared | null> {
      const { gone, network } = looker
      if (gone.aborted) return 'gone'
      const known = pages.get(key)
      if (known && isStale(known)) forget(key, known)
      const is_first = !known || isStale(known)
      const one = is_first ? start(key, looker, make) : known
      const leave = () => { one.watchers-- }
      if (!is_first) {
        one.watchers++
        one.place?.join(network)
      }
      gone.addEventListener('abort', leave, { once: true })
      try {
        const page = await one.page
        return is_first || typeof page === 'string' || isShareable(page) ? page : null
      } catch (error) {
        if (is_first) throw error
        return null
      } finally {
        gone.removeEventListener('abort', leave)
        if (!gone.aborted) leave()
      }
    },
  }
}

/** A wrong address is as wrong for the next one; a cookie is for one browser. */
const isShareable = ({ status, headers }: FinishedPage) =>
  (status === 200 || status === 404) && !headers.some(([name]) => name === 'set-cookie')

export async function finishPage (response: Response, nonce: string): Promise<FinishedPage> {
  const body = Buffer.from(await response.arrayBuffer())
  let compressed: Promise<Buffer> | null = null
  return {
    status: response.status, headers: [...response.headers], body, nonce,
    etag: `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    gzip: () => compressed ??= compress(body, { level: 5 }),
  }
}
