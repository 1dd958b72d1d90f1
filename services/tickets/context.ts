import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation,
} from '@fermata/platform/service'
import type { Printer } from './adapters/printer.ts'
import type { TicketSettings } from './config.ts'
import type { admitTickets } from './queries/tickets.ts'
import type { TicketKeys } from './ticket-keys.ts'

/** Made at start. */
export interface Resources {
  keys: TicketKeys
  printer: Printer
  /** The statement that decides who enters. */
  admitTickets: typeof admitTickets
}

export type Ctx = Context<TicketSettings, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
