import { Type, type Static } from 'typebox'
import { defineRoute } from './define.ts'
import { serviceNames, type ServiceName } from './services.ts'

/**
 * The figures of the metrics that administrators see without a monitor, and above which of them
 * somebody is wanted: the thresholds of docs/operate/observe.md.
 */

export interface WatchedMetric {
  metric: string
  /** Who tells it; every service where absent. */
  service?: ServiceName
  most: number
}

export const watched = {
  mail_oldest: { metric: 'fermata_mail_oldest_seconds', service: 'notifications', most: 900 },
  mails_failing: { metric: 'fermata_mails_failing', service: 'notifications', most: 20 },
  given_up: { metric: 'fermata_dead_letters', most: 0 },
  payments_undecided: { metric: 'fermata_payments_undecided', service: 'payments', most: 0 },
  backup_age: { metric: 'fermata_backup_age_seconds', service: 'backups', most: 129_600 },
  log_lines_dropped: { metric: 'fermata_log_lines_dropped_total', most: 0 },
} as const satisfies Record<string, WatchedMetric>

export type SignName = keyof typeof watched
export const signNames = Object.keys(watched) as SignName[]

export const Sign = Type.Object({
  name: Type.Enum(signNames),
  service: Type.Enum(serviceNames, { description: 'Who tells it' }),
  value: Type.Number({ description: 'As in the metrics: seconds, or a count' }),
  most: Type.Number({ description: 'What is still well' }),
})
export type Sign = Static<typeof Sign>

export const signsRoute = (name: ServiceName) => defineRoute({
  method: 'GET', path: `/internal/${name}/signs`, access: 'internal',
  callers: ['gateway'],
  summary: 'The figures of its metrics that administrators see',
  reply: { 200: Type.Object({ signs: Type.Array(Sign) }) },
  problems: [],
})

export const SystemSigns = Type.Object({
  signs: Type.Array(Sign, { description: 'What is not well comes first' }),
  unanswered: Type.Array(Type.Enum(serviceNames), {
    description: 'Services that did not tell theirs in time' }),
})
export type SystemSigns = Static<typeof SystemSigns>
