import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type { Alarm } from '@fermata/platform/jobs'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation,
} from '@fermata/platform/service'
import type { SecretBox } from '@fermata/platform/secret-box'
import type { SendMail } from './adapters/smtp.ts'
import type { NotificationSettings } from './config.ts'
import type { MailRounds } from './mail-rounds.ts'
import type { Unreached } from './server-return.ts'

export interface Resources {
  /** Null: there is no mail server, and mails go to the development mailbox. */
  sendMail: SendMail | null
  /** Whether the mail server can be reached. */
  isThere: () => Promise<boolean>
  /** Mails that failed because it could not. */
  unreached: Unreached
  /**
   * True without a mail server, outside production. Mails hold links that open accounts, so the box
   * exists only where nobody real is written to; simulated SMS have no other place.
   */
  has_mailbox: boolean
  /** Under what the words of kept mails lie. */
  mail_box: SecretBox
  rounds: MailRounds
  /** Tells the senders that a mail is due. */
  post: Alarm
  close: () => void
}

export type Ctx = Context<NotificationSettings, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
