import { isCrontab } from '@fermata/platform/setting-shapes'
import { Type, type Static } from 'typebox'

export const BackupsSettings = Type.Object({
  BACKUP_SCHEDULE: Type.Refine(Type.String({
    pattern: '^\\S+( \\S+){4}$', default: '15 3 * * *', examples: ['*/10 * * * *'],
    description: 'five fields of crontab in UTC: when everything is backed up; in the demo every '
      + 'ten minutes',
  }), isCrontab),
  BACKUP_DIR: Type.String({
    minLength: 1, default: 'data/backups', examples: ['/var/backups/fermata'],
    description: 'the folder that gets the copies; only its owner can read them',
  }),
  BACKUP_KEY: Type.String({
    secret: true, pattern: '^[^,]{32,}(,[^,]{32,})*$',
    description: 'the secret with which copies are encrypted and signed; keep it where the copies '
      + 'are not: without it they cannot be read. 32 characters or more. While one replaces '
      + 'another both are here, separated by a comma: the first writes, all read',
  }),
  BACKUP_S3_URL: Type.Optional(Type.String({
    pattern: '^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^?#]*)?$',
    examples: ['s3://fermata-backups/tickets.example.org'],
    description: 'a bucket, and a folder in it, that gets the copies as well; absent, they are on '
      + 'this machine alone',
  })),
  BACKUP_S3_ENDPOINT: Type.Optional(Type.String({
    pattern: '^https?://[^/]+/?$', examples: ['https://s3.example.net'],
    description: 'the server of the bucket, where it is not Amazon’s',
  })),
  BACKUP_S3_REGION: Type.Optional(Type.String({
    minLength: 1, examples: ['eu-central-1'], description: 'the region of the bucket',
  })),
  BACKUP_S3_ACCESS_KEY_ID: Type.Optional(Type.String({
    minLength: 1, examples: ['fermata'], description: 'who may write into the bucket',
  })),
  BACKUP_S3_SECRET_ACCESS_KEY: Type.Optional(Type.String({
    secret: true, minLength: 8, description: 'the secret of who may write into the bucket',
  })),
  BACKUP_KEEP_LAST: Type.Integer({
    minimum: 1, maximum: 1000, default: 24, examples: [24],
    description: 'how many of the newest backups are kept',
  }),
  BACKUP_KEEP_DAYS: Type.Integer({
    minimum: 0, maximum: 3650, default: 30, examples: [30],
    description: 'of how many days the last backup is kept besides those',
  }),
  VERIFY_SCHEDULE: Type.String({
    pattern: '^\\S+( \\S+){4}$', default: '45 4 * * *', examples: ['45 4 * * *'],
    description: 'five fields of crontab in UTC: when what the services hold is compared',
  }),
})
export type BackupsSettings = Static<typeof BackupsSettings>
