import { OrderSignature } from '@fermata/platform/platform-settings'
import { Type, type Static } from 'typebox'

/** Settings of the simulated provider; its charges move no money. */
export const PaymentsSettings = Type.Object({
  ...OrderSignature.properties,
  SIMULATED_PAYMENTS: Type.Optional(Type.Boolean({
    examples: ['true'],
    description: 'true to let everybody pay with a test card in production, where nothing else is ' +
      'there yet: for free events and trials; elsewhere it is always so',
  })),
  SIMULATED_SLOW_MS: Type.Integer({
    minimum: 0, maximum: 600_000, default: 8000, examples: [8000],
    description: 'milliseconds until the simulated provider decides about the test card "slow"',
  }),
  SIMULATED_LATE_MS: Type.Integer({
    minimum: 0, maximum: 600_000, default: 5000, examples: [5000],
    description: 'milliseconds after the end of the hold until it decides about the card "late"',
  }),
  REFUND_STEP_UP_MINOR: Type.Integer({
    minimum: 0, maximum: 1_000_000_000_000, default: 10_000, examples: [50_000],
    description: 'what one person may give back within an hour before they are asked to confirm ' +
      'who they are, in the smallest unit of each currency: 10000 is 100.00 EUR; 0 to ask always',
  }),
})
export type PaymentsSettings = Static<typeof PaymentsSettings>
