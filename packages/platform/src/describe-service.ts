import { serviceNames } from '@fermata/contracts/services'
import { createEndedLogins } from './ended-logins.ts'
import { addRoutes, createHttp } from './http.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { addDocumentation } from './openapi.ts'
import { platformRoutes } from './platform-routes.ts'
import { PlatformSettings } from './platform-settings.ts'
import type { Context, ServiceDefinition } from './service.ts'
import { readSettings } from './settings.ts'
import { createTokens } from './tokens.ts'

// Nothing is signed or answered while a service is only described.
const secrets = {
  JWT_INTERNAL_SIGNATURE: 'described and never run'.padEnd(32)
}

/**
 * A service's OpenAPI document, made from its routes without a database: for the committed copies
 * in `docs/openapi`.
 */
export async function describeService (
  definition: ServiceDefinition, version: string
): Promise<object> {
  if (!serviceNames.includes(definition.name)) throw new Error(
    `${definition.name} is not in the table of services`
  )
  const settings = readSettings(
    PlatformSettings, { ...secrets, LOG_LEVEL: 'fatal', RATE_LIMITS: 'off' }
  )
  const app = await createHttp(settings, createLog('describe', { level: 'fatal' }))
  let document: object = {}
  await app.register(async scope => {
    await addDocumentation(scope, definition.name, version)
    const routes = [
      ...definition.routes,
      ...platformRoutes(definition, {
        version, accepting: () => false, bus_carries: () => false, owner_url: '',
      }),
    ]
    addRoutes(scope, routes, {
      ctx: { service: definition.name } as Context, metrics: createMetrics(), rate_limits: false,
      isHere: () => false,
      auth: {
        tokens: createTokens(settings), endedLogins: createEndedLogins(),
        public_origin: settings.PUBLIC_URL, service: definition.name
      },
    })
    scope.addHook('onReady', async () => { document = scope.swagger() })
  })
  await app.ready()
  await app.close()
  return document
}
