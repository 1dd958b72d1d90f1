import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation, SettingsOf,
} from '@fermata/platform/service'
import type { Collector } from '@fermata/platform/collector'
import type { CodeGuesses } from './code-guesses.ts'
import type { Settings } from './config.ts'
import type { NetworkKeys } from './counted-askers.ts'
import type { LiveAvailability } from './live-availability.ts'
import type { OrderStore } from './order-store.ts'
import type { WaitingRooms } from './queue-rooms.ts'
import type { RegularBuyers } from './rules/regular-buyers.ts'
import type { SaleStore } from './sale-store.ts'
import type { Outcome, Purchase } from './sell-batch.ts'

/** Made at start. */
export interface Resources {
  /** The queue in front of the stock. */
  collector: Collector<Purchase, Outcome>
  /** What is read and written when placed orders change. */
  orders: OrderStore
  /** What sales read and write. */
  sales: SaleStore
  /** Connections of its own, so that pages and handlers never keep a sale waiting. */
  pool: Context['pool']
  /** What this process knows of the waiting rooms. */
  rooms: WaitingRooms
  /** What watchers of events are told. */
  availability: LiveAvailability
  /** The name of this process among those that sell, and whom it remembers selling to. */
  seller: string
  regulars: RegularBuyers
  networkKey: NetworkKeys
  /** Wrong promo and access codes. */
  guesses: CodeGuesses
}

export type Ctx = Context<SettingsOf<typeof Settings>, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
