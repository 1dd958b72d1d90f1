import type { SystemHealth } from '@fermata/contracts/gateway'
import type { AnyRoute } from '@fermata/contracts/define'
import type { Context, Operation as PlatformOperation } from '@fermata/platform/service'

export interface Resources { askEveryone: () => Promise<SystemHealth> }

/** No row types: the gateway has no tables of its own. */
export type Ctx = Context<unknown, {}, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
