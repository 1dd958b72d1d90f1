import { Type, type Static } from 'typebox'

export const BackupsSettings = Type.Object({
  BACKUP_SCHEDULE: Type.String({
    pattern: '^\\S+( \\S+){4}$', default: '15 3 * * *', examples: ['*/10 * * * *'],
    description: 'five fields of crontab in UTC: when everything is backed up',
  }),
  BACKUP_DIR: Type.String({
    minLength: 1, default: 'data/backups', examples: ['/var/backups/fermata'],
    description: 'the folder that gets the copies; only its owner can read them',
  }),
  BACKUP_KEEP_LAST: Type.Integer({
    minimum: 1, maximum: 1000, default: 24, examples: [24],
    description: 'how many of the newest backups are kept',
  }),
  BACKUP_KEEP_DAYS: Type.Integer({
    minimum: 0, maximum: 3650, default: 30, examples: [30],
    description: 'of how many days the last backup is kept besides those',
  }),
})
export type BackupsSettings = Static<typeof BackupsSettings>
