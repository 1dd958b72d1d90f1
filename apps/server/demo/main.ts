import type { ServiceName } from '@fermata/contracts/services'
import { readEnvironment } from '../env.ts'
import { explainFailure } from '../messages.ts'
import { addressVariable } from '../server-settings.ts'
import { demoDoor } from './demo-door.ts'
import { seedDemoThrough } from './seed-demo.ts'

/**
 * The demonstration where each service is a container: when all are up, events and purchases are
 * made through them, once. The accounts are auth's, which makes them at its start.
 */

async function main (): Promise<void> {
  const environment = readEnvironment()
  if (environment.FERMATA_DEMO !== 'true') {
    console.log('FERMATA_DEMO is not true, so there is no demonstration.')
    return
  }
  const originOf = (name: ServiceName) => {
    const url = environment[addressVariable(name)]
    if (!url) throw new Error(`${addressVariable(name)} says where ${name} is, and is missing.`)
    return url.split(',')[0]!
  }
  await seedDemoThrough(demoDoor(originOf))
  console.log('The demonstration is there. Its accounts are in the README, its mails at /mailbox.')
}

main().catch(explainFailure)
