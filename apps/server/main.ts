import { serviceNames } from '@fermata/contracts/services'
import type { Environment } from '@fermata/platform/settings'
import { readEnvironment } from './env.ts'
import { demoMessage, explainFailure, nobody_is_administrator } from './messages.ts'
import type { Server } from './start-server.ts'
import { stopOnSignals } from './stop-on-signals.ts'

/** The composition root: starts the server, says where it is, and ends it when asked to. */

// A stop that hangs is worse than a hard one: whoever supervises us waits ten seconds.
const stop_deadline_ms = 9500

async function start (environment: Environment): Promise<Server> {
  const [{ startServer }, { allServices }] = await Promise.all([
    import('./start-server.ts'),
    import('./services.ts'),
  ])
  return startServer(environment, allServices)
}

/** Fills and opens what has been started, and says where it is. */
async function open (server: Server, began: number): Promise<void> {
  if (server.demo) {
    const { seedDemo } = await import('./demo/seed-demo.ts')
    await seedDemo(server.system)
  }
  await server.listen()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`\n  Fermata is ready at ${server.url} (in ${seconds} s)\n`)
  const is_whole = server.system.contexts.size === serviceNames.length
  if (server.demo && is_whole) console.log(demoMessage(server.url))
  for (const note of server.notes) console.log(`  ${note}`)
  const auth = server.system.contexts.get('auth')
  if (auth && !server.demo) {
    const { lacksAdministrator } = await import('@fermata/auth/operations/give-way-back')
    // The shop is open: a database that is away just now is no reason to close it.
    if (await lacksAdministrator(auth).catch(() => false)) console.log(`  ${nobody_is_administrator}`)
  }
}

async function main (): Promise<void> {
  const environment = readEnvironment()
  const { SERVICES = 'all' } = environment
  if (SERVICES === 'all' || SERVICES.split(',').includes('web')) {
    const { buildWebWhenStale } = await import('../../tools/build-web.ts')
    await buildWebWhenStale()
  }
  const began = performance.now()
  const starting = start(environment)
  // Asked to end during the start, we finish what has no end of its own, then stop it: a database
  // is not left behind without anybody to watch it.
  const ending = stopOnSignals(
    async () => (await starting).stop(), stop_deadline_ms, environment)
  try {
    await open(await starting, began)
  } catch (error) {
    // Pages that are filled while they are closed are refused; the stop goes on.
    if (!ending.has_begun()) throw error
  }
}

main().catch(explainFailure)
