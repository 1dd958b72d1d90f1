import type { EventFacts } from '@fermata/contracts/fields'

/** The path of the poster that Fermata draws for an event without pictures. */
export const artworkPath = (id: string) => `/api/events/${id}/artwork.svg`

/** Pictures as callers see them: the organiser's own, or the drawn poster. */
export const imagesOf = (event: { id: string, images: string[] }) =>
  event.images.length > 0 ? event.images : [artworkPath(event.id)]

/** Names of the facts that differ, the version apart: it differs always. */
export function changedFacts (before: EventFacts, after: EventFacts): string[] {
  const names = Object.keys(after) as (keyof EventFacts)[]
  return names.filter(name => name !== 'version' && !equal(before[name], after[name]))
}

/** By content, whatever order a database gives an object's keys. */
function equal (a: unknown, b: unknown): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length &&
    keys.every(key => equal((a as Record<string, unknown>)[key],
      (b as Record<string, unknown>)[key]))
}
