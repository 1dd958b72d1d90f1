import { index, layout, route, type RouteConfig } from '@react-router/dev/routes'

export default [
  index('shop/home.tsx'),
  route('events/:slug', 'shop/event.tsx'),
  route('events/:slug/queue', 'shop/queue.tsx'),
  route('events/:slug/checkout', 'shop/checkout.tsx'),
  route('orders/:id', 'shop/order.tsx'),
  route('orders/:id/pay', 'shop/pay.tsx'),
  route('orders/:id/processing', 'shop/processing.tsx'),
  route('orders/:order_id/tickets/:id/:file', 'shop/ticket-file.ts'),
  route('artwork/:category/:file', 'shop/artwork.ts'),
  route('sign-in', 'account/sign-in.tsx'),
  route('sign-up', 'account/sign-up.tsx'),
  route('sign-out', 'account/sign-out.tsx'),
  route('forgot-password', 'account/forgot-password.tsx'),
  route('reset-password', 'account/reset-password.tsx'),
  route('verify-email', 'account/verify-email.tsx'),
  layout('account/layout.tsx', [
    route('account/tickets', 'account/tickets.tsx'),
    route('account/tickets/:id', 'account/ticket.tsx'),
    route('account/purchases', 'account/purchases.tsx'),
    route('account/notifications', 'account/notifications.tsx'),
    route('account/settings', 'account/settings.tsx'),
    route('account/security', 'account/security.tsx'),
  ]),
  route('account/tickets/:id/:file', 'shop/ticket-file.ts', { id: 'account/ticket-file' }),
  route('account/export', 'account/export.ts'),
  route('mailbox', 'mailbox/mailbox.tsx'),
  route('mailbox/:id', 'mailbox/mail.tsx'),
  route('mailbox/:id/:part', 'mailbox/mail-part.ts'),

  layout('organizer/layout.tsx', [
    route('organizer', 'organizer/events.tsx'),
    route('organizer/people/:id?', 'organizer/people.tsx'),
    route('organizer/events/new', 'organizer/event-new.tsx'),
    route('organizer/events/:id', 'organizer/event-layout.tsx', [
      index('organizer/sales.tsx'),
      route('edit', 'organizer/event-edit.tsx'),
      route('ticket-types', 'organizer/ticket-types.tsx'),
      route('promo-codes', 'organizer/promo-codes.tsx'),
      route('waiting-room', 'organizer/waiting-room.tsx'),
      route('orders', 'organizer/orders.tsx'),
    ]),
  ]),
  layout('operator/layout.tsx', [
    route('door', 'operator/choose-event.tsx'),
    route('door/:event_id', 'operator/door.tsx'),
  ]),
  layout('admin/layout.tsx', [
    route('admin', 'admin/health.tsx'),
    route('admin/events', 'admin/events.tsx'),
    route('admin/users', 'admin/users.tsx'),
    route('admin/deliveries', 'admin/deliveries.tsx'),
    route('admin/backups', 'admin/backups.tsx'),
  ]),

  route('*', 'shop/not-found.tsx'),
] satisfies RouteConfig
