import { remember } from '@fermata/platform/remember'
import type { Ctx } from './context.ts'
import { countMails } from './queries/deliveries.ts'

/** Several gauges are read at once, by a question that one answer serves. */
const remember_ms = 500

/** What is to be seen of mails: how late they are, how many cannot be sent, how many never were. */
export function addMailGauges ({ metrics, db, service }: Pick<Ctx, 'metrics' | 'db' | 'service'>): void {
  const counts = remember(remember_ms, () => countMails(db))
  const labels = { service }
  metrics.gauge('fermata_mail_oldest_seconds', 'Since the oldest mail that waits was due', labels,
    async () => (await counts()).oldest_seconds)
  metrics.gauge('fermata_mails_waiting', 'Mails that are due, those that failed before included',
    labels, async () => (await counts()).waiting)
  metrics.gauge('fermata_mails_failing', 'Mails that failed and will be tried again', labels,
    async () => (await counts()).failing)
  // Beside the events that were given up, and added to them.
  metrics.gauge('fermata_dead_letters', 'Events and mails given up', labels,
    async () => (await counts()).given_up)
}
