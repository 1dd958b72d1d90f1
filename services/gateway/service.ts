import * as api from '@fermata/contracts/gateway'
import { defineService, route } from '@fermata/platform/service'
import type { Ctx } from './context.ts'
import { getServiceIndex } from './operations/get-service-index.ts'
import { createHealthCheck, getSystemHealth } from './operations/get-system-health.ts'
import { getSystemSigns } from './operations/get-system-signs.ts'
import { addPages } from './pages.ts'

export default defineService<Ctx>({
  name: 'gateway',
  routes: [
    route(api.getServiceIndex, getServiceIndex),
    route(api.getSystemHealth, getSystemHealth),
    route(api.getSystemSigns, getSystemSigns),
  ],
  start: async ctx => ({ askEveryone: createHealthCheck(ctx) }),
  plugin: addPages,
})
