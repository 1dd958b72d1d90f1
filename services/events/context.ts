import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation, SettingsOf,
} from '@fermata/platform/service'
import type { Settings } from './config.ts'

export type Ctx = Context<SettingsOf<typeof Settings>>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
