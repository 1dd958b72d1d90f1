import { startSplit, type Split } from '@fermata/server/split/start-split'
import { createDataFolder } from '@fermata/testkit/server-process'
import { createNetwork, type Machine } from './network.ts'
import { startOwnPostgres } from './own-postgres.ts'

/** An installation of several machines: some of its processes have one of their own. */
export interface Machines {
  split: Split
  machineOf: (name: string) => Machine
  stop: () => Promise<void>
}

/** Starts the processes with these names on machines of their own, and all others on this one. */
export async function startOnMachines (
  names: string[], port_base: number, environment: Record<string, string>
): Promise<Machines> {
  const undo: (() => unknown)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const network = createNetwork(names.length)
    undo.push(network.remove)
    const data = await createDataFolder()
    undo.push(data.remove)
    const database = await startOwnPostgres(data.folder, network.host)
    undo.push(database.stop)
    const machines = new Map(names.map((name, index) => [name, network.machines[index]!]))
    const split = await startSplit({
      environment: {
        PATH: process.env.PATH, FERMATA_DATA: data.folder, RATE_LIMITS: 'off',
        ...database.environment, ...environment,
      },
      port_base, scale: { orders: 2 }, say: line => console.log(line),
      host: network.host, places: Object.fromEntries(machines),
    })
    undo.push(split.stop)
    return { split, machineOf: name => machines.get(name)!, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
