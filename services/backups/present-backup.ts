import type { Backup, RestoreReport } from '@fermata/contracts/backups'
import { countEndings } from './copies/endings.ts'
import type { BackupRow } from './queries.ts'

/** Reports of before there were such endings do not count them. */
const presentReport = (report: RestoreReport): RestoreReport =>
  ({ ...report, ended: { ...countEndings([], ''), ...report.ended } })

/** A backup as administrators see it. */
export const presentBackup = (row: BackupRow): Backup => ({
  id: row.id,
  status: row.status,
  trigger: row.trigger,
  parts: row.parts.map(({ tables: _, ...part }) => part),
  bytes: row.parts.reduce((sum, part) => sum + part.bytes, 0),
  error: row.error,
  created_at: row.created_at,
  taken_at: row.taken_at,
  completed_at: row.completed_at,
  verified_at: row.verified_at,
  restored_at: row.restored_at,
  restore_report: row.restore_report && presentReport(row.restore_report),
  elsewhere: row.elsewhere,
})
