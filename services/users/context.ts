import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation,
} from '@fermata/platform/service'

export type Ctx = Context
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
