import { readEnvironment } from './env.ts'

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
  stopOnSignals(server.stop)
  if (server.demo) {
    const { seedDemo } = await import('./demo/seed-demo.ts')
    await seedDemo(server.system)
  }
  await server.listen()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`\n  Fermata is ready at ${server.url} (in ${seconds} s)\n`)
  if (server.demo) console.log(demoMessage(server.url))
  for (const note of server.notes) console.log(`  ${note}`)
}

const demoMessage = (url: string) =>
  `  Demo data are on. Sign in with user@example.com, eventcreator@example.com, operator@example.com
  or admin@example.com, password "password". Mails that would be sent are at ${url}/mailbox, the API at ${url}/docs.
`

function stopOnSignals (stop: () => Promise<void>): void {
  let stopping = false
  const end = (signal: string) => {
    if (stopping) return
    stopping = true
    console.log(`  Stopping (${signal}) …`)
    setTimeout(() => process.exit(1), stop_deadline_ms).unref()
    stop().then(() => process.exit(0), (error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  }
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGINT', () => end('SIGINT'))
}

main().catch((error: unknown) => {
  // What the operator can mend is a sentence; only a bug deserves a stack.
  const expected = error instanceof Error && error.constructor === Error
  console.error(
    expected
      ? `\n  Fermata could not start.\n  ${error.message.replaceAll('\n', '\n  ')}\n`
      : error,
  )
  process.exit(1)
})
