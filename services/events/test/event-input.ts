import type { NewEvent } from '@fermata/contracts/events'

const day_ms = 86_400_000

export const inDays = (days: number) => new Date(Date.now() + days * day_ms).toISOString()

/** A request body for an event next week, with what a test wants different. */
export function eventInput (changes: Partial<NewEvent> = {}): NewEvent {
  return {
    title: 'Winter concert', description: 'Carols and brass.', starts_at: inDays(7), ends_at: inDays(7.1),
    timezone: 'Europe/Paris', category: 'music',
    venue: { name: 'Town hall', address: '1 Square', city: 'Lyon', country: 'FR' }, ...changes,
  }
}
