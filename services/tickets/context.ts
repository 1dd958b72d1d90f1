import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation,
} from '@fermata/platform/service'
import type { Printer } from './adapters/printer.ts'
import type { TicketSettings } from './config.ts'
import type { DB } from './database.ts'
import type { TicketKeys } from './ticket-keys.ts'

export type Ctx = Context<DB, TicketSettings, { keys: TicketKeys, printer: Printer }>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
