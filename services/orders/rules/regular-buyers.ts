/** Bits for each event: 128 kB, of which 100,000 buyers fill a sixth. */
const filter_bits = 2 ** 20
/** Events at a time, 32 MB; the one that was asked for longest ago makes room. */
const max_events = 256

/**
 * What one process remembers of who bought, so that a buyer who certainly has nothing yet needs no
 * look at the database. It may take a newcomer for a regular, never the other way round, and only
 * who sold last may believe it: `seller` of the event, read behind its lock, says who that is.
 */
export interface RegularBuyers {
  /**
   * Tells of a key of 16 hexadecimal digits whether it may have orders of the event: all may, while
   * somebody else may have sold to them.
   */
  lookAt: (event_id: string, seller: string | null) => (key: string) => boolean
  /** To be called before the sale is written: who remembers too much only looks once more. */
  remember: (event_id: string, keys: readonly string[]) => void
  /** Whether what was sold before this process did should be read, to need fewer looks. */
  wantsPast: (event_id: string) => boolean
  /** Begins to take in what was sold; the answer ends it, with all of it or without. */
  takePast: (event_id: string) => (is_whole: boolean) => void
}

interface Memory {
  filter: Uint32Array
  /** Everybody who bought is in the filter. */
  is_whole: boolean
  /** Counts the times somebody else sold; what was read before that is not all. */
  interruptions: number
  is_reading: boolean
}

/** @param self what this process writes into `seller` */
export function createRegularBuyers (self: string): RegularBuyers {
  const events = new Map<string, Memory>()

  function memoryOf (event_id: string): Memory {
    const known = events.get(event_id) ?? {
      filter: new Uint32Array(filter_bits / 32), is_whole: false, interruptions: 0,
      is_reading: false,
    }
    events.delete(event_id)
    events.set(event_id, known)
    if (events.size > max_events) events.delete(events.keys().next().value!)
    return known
  }

  return {
    lookAt (event_id, seller) {
      const memory = memoryOf(event_id)
      if (seller === null) memory.is_whole = true
      else if (seller !== self) {
        memory.is_whole = false
        memory.interruptions++
      }
      return memory.is_whole ? key => has(memory.filter, key) : anybody
    },
    remember (event_id, keys) {
      const { filter } = memoryOf(event_id)
      for (const key of keys) put(filter, key)
    },
    wantsPast (event_id) {
      const { is_whole, is_reading } = memoryOf(event_id)
      return !is_whole && !is_reading
    },
    takePast (event_id) {
      const memory = memoryOf(event_id)
      const { interruptions } = memory
      memory.is_reading = true
      return is_whole => {
        memory.is_reading = false
        if (is_whole && memory.interruptions === interruptions) memory.is_whole = true
      }
    },
  }
}

const anybody = () => true

/** Keys are hashes, so their two halves are two independent numbers. */
const firstPlace = (key: string) => Number.parseInt(key.slice(0, 8), 16) % filter_bits
const secondPlace = (key: string) => Number.parseInt(key.slice(8, 16), 16) % filter_bits

const isSet = (filter: Uint32Array, place: number) =>
  (filter[place >>> 5]! & 1 << (place & 31)) !== 0

const has = (filter: Uint32Array, key: string) =>
  isSet(filter, firstPlace(key)) && isSet(filter, secondPlace(key))

function set (filter: Uint32Array, place: number): void {
  filter[place >>> 5]! |= 1 << (place & 31)
}

function put (filter: Uint32Array, key: string): void {
  set(filter, firstPlace(key))
  set(filter, secondPlace(key))
}
