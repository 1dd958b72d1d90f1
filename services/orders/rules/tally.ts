/**
 * Counts, or other whole numbers above 0, by key. Small enough for a million of them: a map would
 * take four times the memory.
 */
export interface Tally {
  /** 0 for a key without one. */
  of: (key: number) => number
  add: (key: number) => void
  set: (key: number, count: number) => void
}

const least_slots = 1024

/** @param keys whole numbers of at most 48 bits, spread evenly as those of a keyed hash are */
export function createTally (): Tally {
  let keys = new Float64Array(least_slots)
  let counts = new Uint32Array(least_slots)
  let used = 0

  function slotOf (key: number): number {
    const last = keys.length - 1
    let slot = key % keys.length
    // A slot without a count is free, whatever its key.
    while (counts[slot] !== 0 && keys[slot] !== key) slot = slot === last ? 0 : slot + 1
    return slot
  }

  function grow (): void {
    const [old_keys, old_counts] = [keys, counts]
    keys = new Float64Array(old_keys.length * 2)
    counts = new Uint32Array(old_keys.length * 2)
    for (let index = 0; index < old_keys.length; index++) {
      if (old_counts[index] === 0) continue
      const slot = slotOf(old_keys[index]!)
      keys[slot] = old_keys[index]!
      counts[slot] = old_counts[index]!
    }
  }

  function write (slot: number, key: number, count: number): void {
    const is_new = counts[slot] === 0
    keys[slot] = key
    counts[slot] = count
    if (is_new && ++used * 2 > keys.length) grow()
  }

  return {
    of: key => counts[slotOf(key)]!,
    add (key) {
      const slot = slotOf(key)
      write(slot, key, counts[slot]! + 1)
    },
    set: (key, count) => write(slotOf(key), key, count),
  }
}
