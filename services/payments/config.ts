import { Type, type Static } from 'typebox'

/** Settings of the simulated provider; its charges move no money. */
export const PaymentsSettings = Type.Object({
  SIMULATED_SLOW_MS: Type.Integer({
    minimum: 0, maximum: 600_000, default: 8000, examples: [8000],
    description: 'milliseconds until the simulated provider decides about the test card "slow"',
  }),
  SIMULATED_LATE_MS: Type.Integer({
    minimum: 0, maximum: 600_000, default: 5000, examples: [5000],
    description: 'milliseconds after the end of the hold until it decides about the card "late"',
  }),
})
export type PaymentsSettings = Static<typeof PaymentsSettings>
