import { admitToMetrics } from '@fermata/gateway/metrics-access'
import type { System } from '@fermata/platform/system'

/** What gateway answers for the whole of one process, for services that run apart from it. */
export function addMetrics ({ app, metrics, settings }: System): void {
  app.route({
    method: 'GET', url: '/metrics', schema: { hide: true },
    handler: async (request, reply) => {
      admitToMetrics(request.ip, request.headers.authorization, settings.METRICS_TOKEN)
      const text = await metrics.registry.metrics()
      return reply.type(metrics.registry.contentType).header('cache-control', 'no-store').send(text)
    },
  })
}
