import type { MadeSince } from '@fermata/contracts/platform'
import type { ServiceName } from '@fermata/contracts/services'
import { firstIdAt } from '@fermata/platform/ids'
import { allServices } from '../services.ts'
import { withDatabase } from './with-database.ts'

/** What these services made since a moment, which goes when a copy of it takes their place. */
export async function findLost (
  since: string, services: readonly ServiceName[], urlOf: (service: ServiceName) => string
): Promise<MadeSince[]> {
  const first_id = firstIdAt(Date.parse(since))
  const made: MadeSince[] = []
  for (const service of services) {
    const { madeSince } = allServices[service]
    if (madeSince) made.push(await withDatabase(urlOf(service), db => madeSince(db, first_id)))
  }
  return made
}

/** For whoever is about to lose it. */
export function describeLost (since: string, made: readonly MadeSince[]): string[] {
  if (made.length === 0) return [
    `What was made since ${since} will not be there. How much that is cannot be known: no database ` +
    'here tells.']
  const counts = made.map(({ what, count }) => `${count} ${what}`).join(', ')
  const people = made.flatMap(one => one.people.map(({ name, address }) => `${name} <${address}>`))
  return [
    `What was made since ${since} will be gone: ${counts}.`,
    ...people.length > 0 ? [`Among those it concerns: ${[...new Set(people)].join(', ')}.`] : [],
  ]
}
