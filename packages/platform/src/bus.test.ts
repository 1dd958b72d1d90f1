import { counter, teller, testBusContract } from '@fermata/testkit/bus-contract'
import { startTestSystem } from '@fermata/testkit/start'

/** The local bus keeps the contract that tests/jetstream/bus.test.ts checks between processes. */

testBusContract(async () => {
  const both = await startTestSystem([teller, counter], { LOG_LEVEL: 'fatal' })
  return { teller: both, counter: both, carrier_retries: false, stop: both.stop }
})
