/** Longest slug made from a title; a suffix may follow. */
const max_length = 80

/** Letters that do not come apart into a base letter and a mark. */
const letters: Record<string, string> = {
  ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ħ: 'h', ŋ: 'n', '&': ' and ',
}

/** Addresses that pages of the site need for themselves. */
const reserved = new Set(['new', 'search', 'mine', 'edit'])

/**
 * The readable part of an event's address: `Café «Été» à l’Opéra` is `cafe-ete-a-l-opera`. A title
 * without any Latin letter or digit gives `event`. Never has the shape of an id, so that one
 * address can take either.
 */
export function slugOf (title: string): string {
  const folded = title.toLowerCase().replace(/[ßæœøłđðþıħŋ&]/g, letter => letters[letter]!)
    .normalize('NFKD').replace(/\p{M}/gu, '')
  const words = folded.split(/[^a-z0-9]+/).filter(Boolean)
  let slug = ''
  for (const word of words) {
    if (slug && slug.length + 1 + word.length > max_length) break
    slug = slug ? `${slug}-${word}` : word.slice(0, max_length)
  }
  if (slug === '' || reserved.has(slug) || isId(slug)) slug = slug ? `event-${slug}` : 'event'
  return slug
}

/** Whether an address names an event by its id. */
export const isId = (text: string) =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
