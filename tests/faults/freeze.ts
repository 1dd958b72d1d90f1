import { readdirSync, readFileSync } from 'node:fs'
import { postmasterOf } from './postmaster-of.ts'

/** Stops the clock of a PostgreSQL: the process that takes connections and all that it began. */

function childrenOf (parent: number): number[] {
  return readdirSync('/proc').map(Number).filter(pid => pid > 1).filter(pid => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
    } catch {
      return false
    }
  })
}

export interface Frozen {
  /** How many processes stand still. */
  processes: number
  thaw: () => void
}

/** @param folder of the server whose database is meant */
export async function freezeDatabase (
  folder: string, whom: 'all' | 'all but the postmaster' = 'all'
): Promise<Frozen> {
  const { pid } = (await postmasterOf(folder))!
  const frozen: number[] = []
  const stop = (one: number) => {
    process.kill(one, 'SIGSTOP')
    frozen.push(one)
  }
  if (whom === 'all') stop(pid)
  for (const child of childrenOf(pid)) stop(child)
  return {
    processes: frozen.length,
    thaw () {
      for (const one of frozen.toReversed()) {
        try {
          process.kill(one, 'SIGCONT')
        } catch {
          // It was ended meanwhile.
        }
      }
    },
  }
}
