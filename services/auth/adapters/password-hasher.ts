import { randomBytes } from 'node:crypto'
import { unavailable } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import { hash, parseOptions, verify } from '@node-rs/argon2'

/** OWASP's minimum for argon2id, also the library's default: 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export interface PasswordHasherLimits {
  /** Hashes computed at the same time. */
  at_once: number
  /** Requests that may wait for their turn; whoever comes after them is refused. */
  waiting: number
}

export interface PasswordHasher {
  /** @throws Problem `request/unavailable` when too many wait already */
  hash (password: string): Promise<string>
  /**
   * Whether the password fits. Without a stored hash the work is the same and the answer no.
   * @throws Problem `request/unavailable` when too many wait already
   */
  verify (stored: string | null, password: string): Promise<boolean>
  /** Whether the hash was made with other parameters than today's. */
  isOutdated (stored: string): boolean
}

/**
 * A hash takes 10 ms of a core and 19 MiB. Two at once with a short queue leave the rest of the
 * machine to the box office however many people sign in.
 */
export const hashing_limits: PasswordHasherLimits = { at_once: 2, waiting: 100 }

// Letters that look alike can be different code points on different keyboards (NIST SP 800-63B).
const normalized = (password: string) => password.normalize('NFKC')

export async function createPasswordHasher (
  limits: PasswordHasherLimits = hashing_limits,
): Promise<PasswordHasher> {
  const inTurn = createTurns(limits)
  const nobodys = await hash(randomBytes(32), parameters)
  return {
    hash: password => inTurn(() => hash(normalized(password), parameters)),
    verify: (stored, password) => inTurn(async () => {
      const fits = await verify(stored ?? nobodys, normalized(password))
      return fits && stored !== null
    }),
    isOutdated (stored) {
      const { memoryCost, timeCost, parallelism } = parseOptions(stored)
      return memoryCost !== parameters.memoryCost || timeCost !== parameters.timeCost ||
        parallelism !== parameters.parallelism
    },
  }
}

/** Lets a few tasks run at once and a few more wait, in the order of their arrival. */
function createTurns ({ at_once, waiting }: PasswordHasherLimits) {
  const queue: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= at_once) {
      if (queue.length >= waiting) {
        throw new Problem(unavailable, 'Too many people are signing in at this moment.',
          { headers: { 'retry-after': '2' } })
      }
      // The one who ends hands its place over, so nobody can slip in between.
      await new Promise<void>(resolve => queue.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }
}
