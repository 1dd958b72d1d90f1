/**
 * The services, where each listens when it runs alone, and the public paths it answers. Proxies are
 * configured from this.
 */
export const services = {
  gateway: { port: 8000, prefixes: ['/api', '/health', '/docs', '/metrics', '/problems'], summary: 'Index, health of the whole, all API documents' },
  auth: { port: 8001, prefixes: ['/api/auth'], summary: 'Credentials, logins, tokens, roles' },
  users: { port: 8002, prefixes: ['/api/users'], summary: 'Profiles, settings, purchase history' },
  events: { port: 8003, prefixes: ['/api/events', '/api/organizers'], summary: 'Organisers and their events' },
  tickets: { port: 8004, prefixes: ['/api/tickets', '/api/check-ins'], summary: 'Issued tickets and admission' },
  notifications: { port: 8005, prefixes: ['/api/notifications'], summary: 'Mail and in-app messages' },
  orders: { port: 8006, prefixes: ['/api/orders', '/api/ticket-types', '/api/promo-codes', '/api/queue'], summary: 'The box office: ticket types, stock, orders' },
  payments: { port: 8007, prefixes: ['/api/payments'], summary: 'Payments, refunds, the ledger' },
  expiration: { port: 8008, prefixes: ['/api/expiration'], summary: 'Durable deadlines' },
  backups: { port: 8009, prefixes: ['/api/backups'], summary: 'Copies of every service, proven by restoring them' },
} as const

export type ServiceName = keyof typeof services
export const serviceNames = Object.keys(services) as ServiceName[]
