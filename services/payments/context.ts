import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type { Provider } from '@fermata/contracts/payments'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation,
} from '@fermata/platform/service'
import type { PaymentsSettings } from './config.ts'
import type { JustStarted } from './just-started.ts'
import type { PaymentDesk } from './payment-desk.ts'
import type { PaymentProvider } from './provider.ts'

export interface Resources {
  providers: Record<Provider, PaymentProvider>
  /** Where buyers wait for their payment to be written down. */
  desk: PaymentDesk
  /** What the loop asks about before it looks into the table. */
  justStarted: JustStarted
  /** Before then the loop does not ask the tables what else is due. */
  tables: { look_at_ms: number }
  /** Tells the loop that asks providers that payments have just started. */
  wake: () => void
  /** Tells it that something is due in the tables. */
  lookNow: () => void
  stop: () => Promise<void>
}

export type Ctx = Context<PaymentsSettings, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
