import { OrderSignature } from '@fermata/platform/platform-settings'
import { isSender } from '@fermata/platform/setting-shapes'
import { Type, type Static } from 'typebox'

export const default_sender = 'Fermata <tickets@localhost>'

export const NotificationSettings = Type.Object({
  ...OrderSignature.properties,
  MAIL_HOSTNAME: Type.Optional(Type.String({
    minLength: 1, examples: ['smtp.example.org'],
    description: 'the mail server, needed in production; absent, mails go to the development ' +
      'mailbox; while demo data are on it is not used, and they go there all the same',
  })),
  MAIL_PORT: Type.Integer({
    default: 587, minimum: 1, maximum: 65_535, examples: ['587'],
    description: 'the port of the mail server',
  }),
  MAIL_SECURE: Type.Boolean({
    default: false, examples: ['true'],
    description: 'true for TLS from the first byte (port 465); otherwise STARTTLS is used where ' +
      'offered, and demanded where a password is sent to another machine',
  }),
  MAIL_USERNAME: Type.Optional(Type.String({
    minLength: 1, examples: ['fermata'], description: 'the account at the mail server',
  })),
  MAIL_PASSWORD: Type.Optional(Type.String({
    secret: true, examples: ['…'],
    description: 'its password; sent over TLS only, except to this machine' })),
  MAIL_FROM: Type.Refine(Type.String({
    default: default_sender, examples: ['Town Hall <tickets@example.org>'],
    description: 'the sender of all mails: an address, perhaps with a name; needed in production',
  }), isSender),
  MAIL_RETRY_SECONDS: Type.Number({
    default: 30, minimum: 0.05, maximum: 3600, examples: ['30'],
    description: 'seconds until a mail that failed is tried again (3 when it could not even be ' +
      'made, at first); doubles with each failure, up to an hour',
  }),
})
export type NotificationSettings = Static<typeof NotificationSettings>
