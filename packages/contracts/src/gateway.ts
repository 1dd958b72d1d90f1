import { Type, type Static } from 'typebox'
import { defineRoute } from './define.ts'
import { serviceNames } from './services.ts'
import { SystemSigns } from './signs.ts'

/** Index of the services and the health of the whole. */

export const ServiceIndex = Type.Object({
  name: Type.String(),
  version: Type.String(),
  services: Type.Array(Type.Object({
    name: Type.Enum(serviceNames),
    summary: Type.String(),
    prefixes: Type.Array(Type.String()),
    health: Type.String({ description: 'URL path' }),
    documentation: Type.String({ description: 'URL path' }),
  })),
})
export type ServiceIndex = Static<typeof ServiceIndex>

export const SystemHealth = Type.Object({
  status: Type.Enum(['ok', 'degraded'], { description: '`degraded`: a service is not ready' }),
  services: Type.Array(Type.Object({
    name: Type.Enum(serviceNames), ready: Type.Boolean(), latency_ms: Type.Integer({ minimum: 0 }),
  })),
})
export type SystemHealth = Static<typeof SystemHealth>

export const getServiceIndex = defineRoute({
  method: 'GET', path: '/api', access: 'public',
  summary: 'All services and where they are described',
  reply: { 200: ServiceIndex },
  problems: [],
})

export const getSystemHealth = defineRoute({
  method: 'GET', path: '/health', access: 'public',
  summary: 'Whether every service is ready; 503 when one is not',
  reply: { 200: SystemHealth, 503: SystemHealth },
  problems: [],
})

export const getSystemSigns = defineRoute({
  method: 'GET', path: '/health/signs', access: 'admin',
  summary: 'Mails, backups, payments, logs and what was given up, and what is too much of each',
  reply: { 200: SystemSigns },
  problems: [],
})
