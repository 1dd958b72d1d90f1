import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type { Loop } from '@fermata/platform/loop'
import type {
  Context, Handler as EventHandler, Operation as PlatformOperation,
} from '@fermata/platform/service'
import type { BackupsSettings } from './config.ts'
import type { EndingsMirror } from './copies/endings.ts'

export interface Resources extends Loop {
  /** Tells the loop that compares services that somebody wants to know. */
  compare: () => void
  /** Sends what ended to the store away from this machine. */
  endings: EndingsMirror
}

export type Ctx = Context<BackupsSettings, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = EventHandler<E, Ctx>
