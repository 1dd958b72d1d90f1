export interface RenderLineOptions {
  /** Renders at once; of more than one, one is never given to a network that has all others. */
  at_work: number
  /** Visitors who may wait for one to end. */
  waiting: number
  /** How long they wait before they are told to come back. */
  wait_ms: number
  /** False gives turns by arrival alone; only a test's control does. */
  by_network?: boolean
}

/** `full`: no room, or none in time. `gone`: nobody is left who wants the page. */
export type Turn = { leave: () => void } | 'full' | 'gone'

export interface Place {
  turn: Promise<Turn>
  /** Somebody of another network wants what this place is for: it has a turn of theirs too. */
  join (network: string): void
}

export interface RenderLine { enter (network: string, isGone: () => boolean): Place }

/** One who waits, in the line of each network that wants what it waits for. */
interface Waiting {
  isGone: () => boolean
  networks: Set<string>
  settle: (turn: Turn) => void
  restart: () => void
}

/**
 * Bounds how many pages are made at once and how many visitors wait for that. Past what a process
 * can render, every further visitor would make all others wait longer, until all give up.
 *
 * Networks take turns, each in the order of its visitors, and where there is no room for a network
 * with few who wait, the last of the network with most gives way (longest queue drop: B. Suter and
 * others, "Design considerations for supporting TCP with per-flow queueing", 1998). So a whole
 * school behind one address may fill an empty line, and a flood from one address takes nobody's
 * turn but its own.
 */
export function createRenderLine (options: RenderLineOptions): RenderLine {
  const { at_work, wait_ms, by_network = true } = options
  const line = createTurns(options.waiting)
  const working = new Map<string, number>()
  let total_working = 0

  const most = at_work > 1 && by_network ? at_work - 1 : at_work
  const mayBegin = (network: string) =>
    total_working < at_work && (working.get(network) ?? 0) < most

  function begin (network: string): Turn {
    let has_left = false
    total_working++
    working.set(network, (working.get(network) ?? 0) + 1)
    return {
      leave () {
        if (has_left) return
        has_left = true
        total_working--
        const left = working.get(network)! - 1
        if (left > 0) working.set(network, left)
        else working.delete(network)
        callNext()
      },
    }
  }

  function callNext (): void {
    while (total_working < at_work) {
      const next = line.take(mayBegin)
      if (!next) return
      next.one.settle(next.one.isGone() ? 'gone' : begin(next.network))
    }
  }

  function wait (network: string, isGone: () => boolean): Place {
    const { promise, resolve } = Promise.withResolvers<Turn>()
    let timer: NodeJS.Timeout
    const start = () => setTimeout(() => {
      line.remove(one)
      one.settle('full')
    }, wait_ms)
    const one: Waiting = {
      isGone, networks: new Set(),
      settle: turn => { clearTimeout(timer); resolve(turn) },
      restart: () => { clearTimeout(timer); timer = start() },
    }
    timer = start()
    line.add(network, one)
    return {
      turn: promise,
      join (name) {
        const other = by_network ? name : network
        if (!line.join(other, one)) return
        // Their time begins now, and their network may have a render to spare.
        one.restart()
        callNext()
      },
    }
  }

  return {
    enter (name, isGone) {
      const network = by_network ? name : ''
      if (isGone()) return settled('gone')
      if (mayBegin(network)) return settled(begin(network))
      if (!line.makeRoom(network)) return settled('full')
      return wait(network, isGone)
    },
  }
}

const settled = (turn: Turn): Place => ({ turn: Promise.resolve(turn), join () {} })

/** The networks in the order of their turns, each with those who wait. */
function createTurns (max_waiting: number) {
  const queues = new Map<string, Waiting[]>()
  const all = new Set<Waiting>()

  function leaveQueue (network: string, one: Waiting): void {
    one.networks.delete(network)
    const rest = queues.get(network)!.filter(other => other !== one)
    if (rest.length > 0) queues.set(network, rest)
    else queues.delete(network)
  }

  function remove (one: Waiting): void {
    all.delete(one)
    for (const network of one.networks) leaveQueue(network, one)
  }

  function join (network: string, one: Waiting): boolean {
    if (!all.has(one) || one.networks.has(network)) return false
    one.networks.add(network)
    queues.set(network, [...queues.get(network) ?? [], one])
    return true
  }

  /** Whoever closed the tab gives up the place to somebody who is there. */
  function dropGone (): void {
    for (const one of all) {
      if (!one.isGone()) continue
      remove(one)
      one.settle('gone')
    }
  }

  return {
    remove, join,
    add (network: string, one: Waiting): void {
      all.add(one)
      join(network, one)
    },
    /** The first of the next network that may have a turn; that network then goes to the end. */
    take (mayBegin: (network: string) => boolean): { network: string, one: Waiting } | null {
      for (const [network, [one]] of queues) {
        if (!mayBegin(network)) continue
        remove(one!)
        const rest = queues.get(network)
        queues.delete(network)
        if (rest) queues.set(network, rest)
        return { network, one: one! }
      }
      return null
    },
    /**
     * True when one more of this network may wait. Where all places are taken, the network with
     * the most of them gives up its last to one that has fewer.
     */
    makeRoom (network: string): boolean {
      if (all.size < max_waiting) return true
      dropGone()
      while (all.size >= max_waiting) {
        const [longest, queue] = [...queues].reduce((most, next) =>
          next[1].length > most[1].length ? next : most)
        if (queue.length <= (queues.get(network)?.length ?? 0) + 1) return false
        const last = queue.at(-1)!
        leaveQueue(longest, last)
        if (last.networks.size > 0) continue
        all.delete(last)
        last.settle('full')
      }
      return true
    },
  }
}
