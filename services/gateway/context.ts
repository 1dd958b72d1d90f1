import type { SystemHealth } from '@fermata/contracts/gateway'
import type { AnyRoute } from '@fermata/contracts/define'
import type { Context, Operation as PlatformOperation } from '@fermata/platform/service'

export interface Resources { askEveryone: () => Promise<SystemHealth> }

export type Ctx = Context<{}, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
