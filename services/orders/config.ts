import { OrderSignature } from '@fermata/platform/platform-settings'
import { Type } from 'typebox'

/** Settings of the box office. */
export const Settings = Type.Object({
  ...OrderSignature.properties,
  RESERVATION_TIMEOUT: Type.Number({
    default: 15, minimum: 0.001, maximum: 24 * 60,
    description: 'minutes a buyer has to pay before the tickets are free again; fractions are fine',
    examples: ['15'],
  }),
})
