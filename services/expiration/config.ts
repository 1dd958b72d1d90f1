import { OrderSignature } from '@fermata/platform/platform-settings'

/** A hold's deadline is shown to whoever has its order's token. */
export const ExpirationSettings = OrderSignature
