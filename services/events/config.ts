import { Currency } from '@fermata/contracts/fields'
import { Type } from 'typebox'

export const Settings = Type.Object({
  DEFAULT_CURRENCY: Type.Unsafe<string>({
    ...Currency, default: 'EUR', examples: ['EUR'],
    description: 'the currency (ISO 4217) of events that name none',
  }),
})
