import { OrderSignature } from '@fermata/platform/platform-settings'
import { Type } from 'typebox'

/** Settings of the box office. */
export const Settings = Type.Object({
  ...OrderSignature.properties,
  RESERVATION_TIMEOUT: Type.Number({
    default: 15, minimum: 0.001, maximum: 24 * 60,
    description: 'minutes a buyer has to pay before the tickets are free again', examples: ['15'],
  }),
  ORDERS_TEST_UNGUARDED: Type.Enum(['on', 'off'], {
    default: 'off', examples: ['off'],
    description: 'on or off; on sells without a guard, to prove that tests notice. Only while NODE_ENV is test',
  }),
  ORDERS_TEST_PAUSE_MS: Type.Integer({
    minimum: 0, maximum: 1000, default: 0, examples: [0],
    description: 'milliseconds that a sale waits at most between its check and its commit, so that races are met. Only while NODE_ENV is test',
  }),
})
