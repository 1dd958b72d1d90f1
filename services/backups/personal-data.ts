import type { PersonalDataMap } from '@fermata/platform/personal-data'

/** Copies hold what the services hold; about people, this service's own tables say nothing. */
export const personalData: PersonalDataMap = {
  tables: {},
  impersonal: {
    backups: ['id', 'trigger', 'status', 'error', 'request_id', 'created_at', 'taken_at', 'completed_at',
      'verified_at', 'restored_at', 'restore_report',
      'elsewhere'],
    parts: ['backup_id', 'service', 'status', 'rows', 'bytes', 'sha256', 'tables', 'error'],
    reconciliations: ['id', 'trigger', 'status', 'began_at', 'ended_at', 'error', 'mismatch_count',
      'result'],
  },
}
