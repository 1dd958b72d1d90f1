import { readEnvironment } from './env.ts'
import { demoMessage, explainFailure, nobody_is_administrator, stopOnSignals } from './messages.ts'

/** The composition root: starts the server, says where it is, and ends it when asked to. */

// A stop that hangs is worse than a hard one: whoever supervises us waits ten seconds.
const stop_deadline_ms = 9500

async function main (): Promise<void> {
  const environment = readEnvironment()
  const { SERVICES = 'all' } = environment
  if (SERVICES === 'all' || SERVICES.split(',').includes('web')) {
    const { buildWebWhenStale } = await import('../../tools/build-web.ts')
    await buildWebWhenStale()
  }
  const began = performance.now()
  const [{ startServer }, { allServices }] = await Promise.all([
    import('./start-server.ts'),
    import('./services.ts'),
  ])
  const server = await startServer(environment, allServices)
  stopOnSignals(server.stop, stop_deadline_ms)
  if (server.demo) {
    const { seedDemo } = await import('./demo/seed-demo.ts')
    await seedDemo(server.system)
  }
  await server.listen()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`\n  Fermata is ready at ${server.url} (in ${seconds} s)\n`)
  const is_whole = server.system.contexts.size === Object.keys(allServices).length
  if (server.demo && is_whole) console.log(demoMessage(server.url))
  for (const note of server.notes) console.log(`  ${note}`)
  const auth = server.system.contexts.get('auth')
  if (auth && !server.demo) {
    const { lacksAdministrator } = await import('@fermata/auth/operations/give-way-back')
    if (await lacksAdministrator(auth)) console.log(`  ${nobody_is_administrator}`)
  }
}

main().catch(explainFailure)
