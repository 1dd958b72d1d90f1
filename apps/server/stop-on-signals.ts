import { readFileSync } from 'node:fs'
import type { Environment } from '@fermata/platform/settings'

/** npm forwards TERM and INT; it dies of HUP and KILL without a word, and this often we look. */
const look_every_ms = 250

export interface Ending { has_begun: () => boolean }

/**
 * Ends this process when it is asked to: by a signal, or because who started it is gone. May be
 * called before there is anything to stop.
 * @param stop called once, however often it is asked
 * @param deadline_ms a stop that hangs is worse than a hard one
 */
export function stopOnSignals (
  stop: () => Promise<void>, deadline_ms: number, environment: Environment,
): Ending {
  let stopping = false
  const end = (why: string) => {
    if (stopping) return
    stopping = true
    console.log(`  Stopping (${why}) …`)
    setTimeout(() => process.exit(1), deadline_ms).unref()
    stop().then(() => process.exit(0), (error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => end(signal))
  }
  // A terminal that was closed takes no more lines; that must not cut the stop short.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  // Whoever started us over a channel is gone: nobody else would end us.
  process.on('disconnect', () => end('its starter has ended'))
  if (environment.npm_lifecycle_event) whenParentEnds(() => end('npm has ended'))
  return { has_begun: () => stopping }
}

/**
 * An orphan is given another parent. npm runs a script in a shell, whose end is not npm's: where
 * our parent is one, its own parent is looked at, too. Only Linux tells of that, and Windows keeps
 * saying the old parent.
 */
function whenParentEnds (tell: () => void): void {
  const before = starters()
  const look = setInterval(() => {
    if (starters() === before) return
    clearInterval(look)
    tell()
  }, look_every_ms)
  look.unref()
}

function starters (): string {
  const parent = process.ppid
  try {
    const told = readFileSync(`/proc/${parent}/stat`, 'utf8')
    const name_end = told.lastIndexOf(')')
    const name = told.slice(told.indexOf('(') + 1, name_end)
    // After the name come the state and the parent.
    return name === 'sh' ? `${parent} of ${told.slice(name_end + 2).split(' ')[1]}` : `${parent}`
  } catch {
    return `${parent}`
  }
}
