import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type { Context, Handler as PlatformHandler, Operation as PlatformOperation } from '@fermata/platform/service'
import type { SendMail } from './adapters/smtp.ts'
import type { NotificationSettings } from './config.ts'
import type { DB } from './database.ts'

/** Null: there is no mail server, and mails go to the development mailbox. */
export interface Resources { sendMail: SendMail | null, close: () => void }

export type Ctx = Context<DB, NotificationSettings, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
