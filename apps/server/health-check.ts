import { services, type ServiceName } from '@fermata/contracts/services'
import { readEnvironment } from './env.ts'

/** Asks the server of this container whether it can serve; for a container's health check. */

const answer_within_ms = 2500
const pages_port = 3000

const { SERVICES = 'all', PORT } = readEnvironment()

function place (): { port: number, path: string } {
  if (SERVICES === 'web') return { port: pages_port, path: '/robots.txt' }
  if (SERVICES in services)
    return { port: services[SERVICES as ServiceName].port, path: `/api/${SERVICES}/health/ready` }
  return { port: services.gateway.port, path: '/health' }
}

const { port, path } = place()
try {
  const answer = await fetch(`http://127.0.0.1:${PORT || port}${path}`,
    { signal: AbortSignal.timeout(answer_within_ms) })
  if (!answer.ok) console.error(`${path} answered ${answer.status}`)
  process.exitCode = answer.ok ? 0 : 1
} catch (error) {
  console.error(`${path} did not answer: ${(error as Error).message}`)
  process.exitCode = 1
}
