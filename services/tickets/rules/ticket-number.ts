/** Readable at a glance and short enough to be typed; the running number makes it unique. */
const max_prefix_length = 8
const min_word_length = 3
/** Words that begin many titles and tell none of them apart. */
const fillers = new Set(['THE', 'AND', 'LES', 'DES', 'UNE'])

/**
 * The beginning of an event's ticket numbers, from its title or, where no Latin letter is in it,
 * its slug.
 */
export function numberPrefixOf (title: string, slug: string): string {
  const words = [...wordsOf(title), ...wordsOf(slug)]
  const word = words.find(one => one.length >= min_word_length && !fillers.has(one))
    ?? words[0] ?? 'TICKET'
  return word.slice(0, max_prefix_length)
}

const wordsOf = (text: string) =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('Ł', 'L').replaceAll('ł', 'l')
    .toUpperCase().match(/[A-Z0-9]+/g) ?? []

/** `SUMMER-000042`; longer where an event has a million tickets or more. */
export const ticketNumber = (prefix: string, running: number) =>
  `${prefix}-${String(running).padStart(6, '0')}`
