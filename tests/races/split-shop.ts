import { createPool } from '@fermata/platform/database'
import { startSplit } from '@fermata/server/split/start-split'
import type { StoreOptions } from '@fermata/orders/test/stores/orders-with'
import { createDataFolder } from '@fermata/testkit/server-process'
import { putInStore } from './put-in-store.ts'
import { clientsOf, contestedSettings, type TwoProcesses } from './two-processes.ts'

/** The product as services that run apart, two of orders among them, behind nginx. */

const selling = ['orders', 'payments', 'expiration'] as const
const route_of_orders = 'placeOrder'

/** Both doors are the one front door: nginx decides which process sells. */
export async function startSplitShop (
  { port_base, say, ...store }: StoreOptions & { port_base: number, say?: (line: string) => void }
): Promise<TwoProcesses> {
  const settings = contestedSettings(store)
  const data = await createDataFolder()
  try {
    const split = await startSplit({
      environment: { ...settings, ...putInStore(store), PATH: process.env.PATH,
        FERMATA_DATA: data.folder, FERMATA_DEMO: 'false', RATE_LIMITS: 'off' },
      port_base, scale: { orders: 2 }, say,
    })
    const opened = selling.map(name => [name, createPool({
      url: split.databases.get(name)!, max_connections: 4, application_name: 'races' })] as const)
    return {
      ...clientsOf([split.url, split.url], settings),
      pools: Object.fromEntries(opened) as TwoProcesses['pools'],
      asked: () => Promise.all(split.ports.of.orders.map(countOrders)),
      async stop () {
        await Promise.all(opened.map(([, pool]) => pool.end()))
        await split.stop()
        await data.remove()
      },
    }
  } catch (error) {
    await data.remove()
    throw error
  }
}

/** How many orders a process answered, by its own metrics. */
async function countOrders (port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const counts = text.split('\n').filter(line =>
    line.startsWith('fermata_http_request_duration_seconds_count') && line.includes(`"${route_of_orders}"`))
  return counts.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
