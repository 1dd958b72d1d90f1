import { network_bytes } from './queue-draw.ts'
import type { NetworkJoins } from './rules/join-price.ts'
import { createTally } from './rules/tally.ts'

/**
 * Who joined a waiting room so far, by network and by visitor, as this process has read or written
 * it. Nobody is a row of the database, so this is counted from the batches of joins.
 */

export const name_bytes = 6

export interface StoredJoins {
  number: number
  /** 6 bytes for each join; null: not kept. */
  networks: Buffer | null
  /** 6 bytes for each visitor, account or place that may join once. */
  joined_once: Buffer | null
  at: string
}

export interface JoinBook {
  /** The last batch that is counted. */
  batch: number
  network: (network: number) => NetworkJoins
  /** The batch in which somebody joined; 0 for who has not. */
  batchOf: (name: number) => number
  enter: (batch: StoredJoins) => void
}

/** When so many networks joined lately, older moments are forgotten: only seconds matter. */
const max_moments = 20_000

const partsOf = (bytes: Buffer | null, length: number) =>
  Array.from({ length: bytes ? bytes.length / length : 0 }, (_, index) =>
    bytes!.readUIntBE(index * length, length))

export function createJoinBook (): JoinBook {
  const networks = createTally()
  const names = createTally()
  const moments = new Map<number, number>()
  const book: JoinBook = {
    batch: 0,
    network: network => ({
      joins: networks.of(network), last_ms: moments.get(network) ?? -Infinity }),
    batchOf: name => names.of(name),
    enter ({ number, networks: of_batch, joined_once, at }) {
      if (moments.size > max_moments) moments.clear()
      const at_ms = Date.parse(at)
      for (const network of partsOf(of_batch, network_bytes)) {
        networks.add(network)
        moments.set(network, at_ms)
      }
      for (const name of partsOf(joined_once, name_bytes)) names.set(name, number)
      book.batch = number
    },
  }
  return book
}
