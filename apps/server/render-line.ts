export interface RenderLineOptions {
  /** Renders at once. */
  at_work: number
  /** Visitors who may wait for one to end. */
  waiting: number
  /** How long they wait before they are told to come back. */
  wait_ms: number
}

/** `full`: no room, or none in time. `gone`: nobody is left who wants the page. */
export type Turn = { leave: () => void } | 'full' | 'gone'

export interface RenderLine { enter (isGone: () => boolean): Promise<Turn> }

/**
 * Bounds how many pages are made at once and how many visitors wait for that. Past what a process
 * can render, every further visitor would make all others wait longer, until all give up.
 */
export function createRenderLine ({ at_work, waiting, wait_ms }: RenderLineOptions): RenderLine {
  interface Waiting { isGone: () => boolean, settle: (turn: Turn) => void }
  let working = 0
  let line: Waiting[] = []

  function begin (): Turn {
    let has_left = false
    working++
    return {
      leave () {
        if (has_left) return
        has_left = true
        working--
        callNext()
      },
    }
  }

  function callNext (): void {
    while (working < at_work && line.length > 0) {
      const next = line.shift()!
      next.settle(next.isGone() ? 'gone' : begin())
    }
  }

  /** Whoever closed the tab gives up the place to somebody who is there. */
  function dropGone (): void {
    const gone = line.filter(one => one.isGone())
    line = line.filter(one => !gone.includes(one))
    for (const one of gone) one.settle('gone')
  }

  return {
    enter (isGone) {
      if (isGone()) return Promise.resolve('gone')
      if (working < at_work) return Promise.resolve(begin())
      if (line.length >= waiting) dropGone()
      if (line.length >= waiting) return Promise.resolve('full')
      return new Promise(resolve => {
        const one: Waiting = { isGone, settle: turn => { clearTimeout(timer); resolve(turn) } }
        const timer = setTimeout(() => {
          line = line.filter(other => other !== one)
          one.settle('full')
        }, wait_ms)
        line.push(one)
      })
    },
  }
}
