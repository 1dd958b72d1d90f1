import type { Method } from './define.ts'
import type { ServiceName } from './services.ts'

/**
 * Names that older texts give to things that are asked for elsewhere now, and differently: another
 * method or another body, so no alias can answer. Whoever asks is told the name to use.
 */
export interface Moved {
  /** Absent: whatever the method. */
  method?: Method
  /** `{name}` stands for one part of the path, `*` at the end for all that follows. */
  path: string
  /** Who answers, where services run apart: the owner of the prefix. */
  service: ServiceName
  /** How it is asked for now: method and path, or the address of a page. */
  to: string
  /** What else is different, for people. */
  detail: string
  /** A page for people: browsers are led there at once. */
  is_page?: boolean
}

/** As addresses without `/api` were served by a proxy of development alone. */
const shorthand = (service: ServiceName): Moved => ({
  path: `/${service}/*`, service, to: `/api/${service}`,
  detail: `Addresses of ${service} begin with /api/${service}.`,
})

export const movedNames: readonly Moved[] = [
  { method: 'GET', path: '/register', service: 'auth', to: '/sign-up', is_page: true,
    detail: 'Programs register with POST /api/auth/register.' },
  { method: 'GET', path: '/login', service: 'auth', to: '/sign-in', is_page: true,
    detail: 'Programs sign in with POST /api/auth/login.' },
  { method: 'GET', path: '/docs/api', service: 'gateway', to: '/docs', is_page: true,
    detail: 'One page leads to the description of every service.' },
  { method: 'GET', path: '/api-docs', service: 'gateway', to: '/docs', is_page: true,
    detail: 'One page leads to the description of every service.' },

  { method: 'POST', path: '/api/users', service: 'users', to: 'POST /api/auth/register',
    detail: 'People choose their own password; an administrator then gives roles with PUT /api/auth/roles/{user_id}.' },
  { method: 'POST', path: '/users', service: 'users', to: 'POST /api/auth/register',
    detail: 'People choose their own password; an administrator then gives roles with PUT /api/auth/roles/{user_id}.' },
  { method: 'PUT', path: '/api/users/{id}', service: 'users', to: 'PATCH /api/users/{id}',
    detail: 'What is not sent stays as it is.' },

  { method: 'PUT', path: '/api/events/{id}/update_tickets', service: 'events', to: 'PATCH /api/ticket-types/{id}',
    detail: 'Orders lower what is available by themselves, in one transaction; an organiser changes the capacity of a ticket type.' },
  { method: 'PUT', path: '/api/events/{id}', service: 'events', to: 'PATCH /api/events/{id}',
    detail: 'What is not sent stays as it is.' },

  { method: 'POST', path: '/api/tickets', service: 'tickets', to: 'POST /api/ticket-types',
    detail: 'An organiser puts tickets on sale with a ticket type; a buyer gets tickets by POST /api/orders.' },
  { method: 'PUT', path: '/api/tickets/{id}', service: 'tickets', to: 'PATCH /api/ticket-types/{id}',
    detail: 'Price and capacity belong to the ticket type; a ticket that was issued never changes.' },
  { method: 'PATCH', path: '/api/tickets/{id}', service: 'tickets', to: 'PATCH /api/ticket-types/{id}',
    detail: 'Price and capacity belong to the ticket type; a ticket that was issued never changes.' },
  { method: 'DELETE', path: '/api/tickets/{id}', service: 'tickets', to: 'POST /api/tickets/{id}/void',
    detail: 'A ticket is made invalid and stays on record; a ticket type is removed with DELETE /api/ticket-types/{id}.' },

  { method: 'PUT', path: '/api/orders/{id}', service: 'orders', to: 'POST /api/orders/{id}/cancel',
    detail: 'The state of an order follows its payment; its buyer may give it up.' },

  { method: 'POST', path: '/api/payments/confirm', service: 'payments', to: 'POST /api/payments/{id}/confirm',
    detail: 'The payment is named in the address.' },
  { path: '/api/payment/*', service: 'payments', to: '/api/payments',
    detail: 'Addresses of payments begin with /api/payments.' },

  { method: 'GET', path: '/api/notifications/{email}', service: 'notifications', to: 'GET /api/notifications',
    detail: 'Everybody reads their own messages, as the person who is signed in; nobody reads them by address.' },
  { method: 'GET', path: '/notifications/{email}', service: 'notifications', to: 'GET /api/notifications',
    detail: 'Everybody reads their own messages, as the person who is signed in; nobody reads them by address.' },

  ...(['auth', 'users', 'tickets', 'notifications'] as const).map(shorthand),
]
