import type { BackupStatus } from '@fermata/contracts/backups'

export interface Kept { id: string, status: BackupStatus, created_at: string }
export interface Retention { keep_last: number, keep_days: number }

/**
 * Which backups may go: of those that are complete the newest `keep_last` stay, and the last one of
 * each of the newest `keep_days` days (UTC) that have any; of those that failed the newest
 * `keep_last` stay to be looked at. What is under way is left alone.
 */
export function outdated (backups: readonly Kept[], { keep_last, keep_days }: Retention): string[] {
  const newestFirst = [...backups].sort((a, b) => b.created_at.localeCompare(a.created_at))
  const completed = newestFirst.filter(backup => backup.status === 'completed')
  const failed = newestFirst.filter(backup => backup.status === 'failed')
  const lastOfDay = new Map<string, string>()
  for (const { id, created_at } of completed) {
    const day = created_at.slice(0, 10)
    if (!lastOfDay.has(day)) lastOfDay.set(day, id)
  }
  const stay = new Set([
    ...completed.slice(0, keep_last).map(backup => backup.id),
    ...[...lastOfDay.values()].slice(0, keep_days),
  ])
  return [...completed.filter(backup => !stay.has(backup.id)), ...failed.slice(keep_last)]
    .map(backup => backup.id)
}
