import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation, SettingsOf,
} from '@fermata/platform/service'
import type { PasswordHasher } from './adapters/password-hasher.ts'
import type { AuthSettings } from './config.ts'
import type { SecretBox } from '@fermata/platform/secret-box'

export interface Resources { passwords: PasswordHasher, secretBox: SecretBox }

export type Ctx = Context<SettingsOf<typeof AuthSettings>, Resources>
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
