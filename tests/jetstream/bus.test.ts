import { counter, notedHandlers, teller, testBusContract } from '@fermata/testkit/bus-contract'
import { createTestNats } from '@fermata/testkit/nats-server'
import { startTestSystem } from '@fermata/testkit/start'

/** The contract of packages/platform/src/bus.test.ts, between two systems with a database each. */

testBusContract(async () => {
  const nats = await createTestNats()
  await nats.start()
  const environment = { LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal', NATS_URL: nats.url }
  const [tells, counts] = await Promise.all([teller, counter].map(
    service => startTestSystem([service], environment, undefined, notedHandlers)))
  return {
    teller: tells!, counter: counts!, carrier_retries: true,
    async stop () {
      await Promise.all([tells!.stop(), counts!.stop()])
      await nats.remove()
    },
  }
})
