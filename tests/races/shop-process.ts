import type { AddressInfo } from 'node:net'
import { ordersWith, type StoreOptions } from '@fermata/orders/test/stores/orders-with'
import { allServices } from '@fermata/server/services'
import { startTestSystem } from '@fermata/testkit/start'

/**
 * What moves stock, in a process of its own: the parent says with which settings and on which
 * database. Tickets and mails, which only cost time here, are left out.
 */

export interface ShopJob {
  database_url: string, environment: Record<string, string>, store: StoreOptions
}

const { events, payments, expiration } = allServices

process.once('message', (job: ShopJob) => {
  void start(job).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})

async function start ({ database_url, environment, store }: ShopJob): Promise<void> {
  const services = [events, ordersWith(store), payments, expiration]
  const it = await startTestSystem(services, environment, database_url)
  // The parent ended us, or itself.
  process.once('disconnect', () => { void it.stop().finally(() => process.exit(0)) })
  await it.system.app.listen({ host: '127.0.0.1', port: 0 })
  process.send!({ port: (it.system.app.server.address() as AddressInfo).port })
}
