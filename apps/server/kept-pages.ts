import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Problem } from '@fermata/platform/problem'
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
  /**
   * How old a page may be that is shown in the place of one that cannot be made, or not soon: while
   * the database is away, say.
   */
  shown_instead_ms: number
  max_pages: number
  max_bytes: number
  now?: () => number
}

interface Kept {
  began_at: number | null
  /** Where its render waits; null once it is there. */
  place: Place | null
  page: Promise<Shared>
  /** Or has failed. One that is under way is waited for by nobody who can see the one before. */
  is_made: boolean
  bytes: number
  /** What was made last, for as long as this one is not. */
  before: Finished | null
  /** Nobody waits for it who could be shown the one before: the last try failed. */
  is_doubtful: boolean
  /** How many wait for it. */
  watchers: number
}

interface Finished { page: FinishedPage, began_at: number }

/** Whoever can be shown an older page waits no longer for a new one. */
const patience_ms = 1000

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
  const { kept_ms, shown_instead_ms, max_pages, max_bytes } = options
  const { now = () => performance.now() } = options
  // In the order in which they were asked for: the oldest are the first to go.
  const pages = new Map<string, Kept>()
  let total_bytes = 0

  function forget (key: string, one: Kept): void {
    if (pages.get(key) !== one) return
    pages.delete(key)
    total_bytes -= one.bytes
  }

  const isStale = ({ began_at, before, is_made }: Kept) =>
    began_at !== null && now() - began_at >= kept_ms && (is_made || before === null)

  function makeRoom (): void {
    for (const [key, one] of pages) {
      if (pages.size <= max_pages && total_bytes <= max_bytes) return
      forget(key, one)
    }
  }

  const mayBeShown = (before: Finished | null) =>
    before !== null && now() - before.began_at < shown_instead_ms

  function take (one: Kept, { page }: Finished): void {
    total_bytes -= one.bytes
    // A compressed copy is a fraction of the page; counted as half of it.
    one.bytes = Math.ceil(page.body.length * 1.5)
    total_bytes += one.bytes
    makeRoom()
  }

  function start (
    key: string, { line, network }: Looker, make: () => Promise<FinishedPage>, last?: Kept
  ): Kept {
    if (last) forget(key, last)
    const before = last && mayBeShown(last.before) ? last.before : null
    const asked = {
      began_at: null, bytes: 0, watchers: 1, before, is_made: false,
      is_doubtful: last?.is_doubtful ?? false,
    }
    const place = line.enter(network, () => asked.watchers === 0)
    const one: Kept = Object.assign(asked, { place, page: work(place) })
    pages.set(key, one)
    if (before) take(one, before)
    one.page.then(page => {
      one.is_made = true
      if (pages.get(key) !== one) return
      if (typeof page === 'string' || !isShareable(page)) return fail()
      one.is_doubtful = false
      one.before = { page, began_at: one.began_at! }
      take(one, one.before)
    }, fail)
    makeRoom()
    return one

    /** What cannot be made now is tried again as late as what was made. */
    function fail (): void {
      one.is_made = one.is_doubtful = true
      if (!one.before) return forget(key, one)
      one.began_at = now()
    }

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

  /** The new page if it is there soon; the one before if it is not, or cannot be made. */
  async function instead (one: Kept, { page: before }: Finished): Promise<FinishedPage> {
    const timer = new AbortController()
    const made = one.page.then(
      page => typeof page === 'string' || !isShareable(page) ? before : page, () => before)
    const pause_ms = one.is_doubtful ? 0 : patience_ms
    const late = sleep(pause_ms, before, { signal: timer.signal }).catch(() => before)
    try {
      return await Promise.race([made, late])
    } finally {
      timer.abort()
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
      const is_first = !known || isStale(known)
      const one = is_first ? start(key, looker, make, known) : known
      const leave = () => { one.watchers-- }
      if (!is_first) {
        one.watchers++
        one.place?.join(network)
      }
      gone.addEventListener('abort', leave, { once: true })
      try {
        if (one.before) return await instead(one, one.before)
        const page = await one.page
        return is_first || typeof page === 'string' || isShareable(page) ? page : null
      } catch (error) {
        // What came too late would come too late for the others as well.
        if (is_first || error instanceof Problem) throw error
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
