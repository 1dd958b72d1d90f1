/** Every word that leaves the house in English. `{{name}}` is filled in; nothing here is markup. */
export const en = {
  held: {
    title: 'Held for you: {{event}}',
    body: 'Your tickets are held until {{until}}. Pay before then and they are yours.',
    action: 'Pay now',
  },
  completed: { title: 'Order {{code}} is complete', body: 'Your tickets for {{event}} are on their way.', action: 'Show the order' },
  issued_title_one: 'Your ticket for {{event}}',
  issued_title_other: 'Your {{count}} tickets for {{event}}',
  issued: {
    body: 'Hello {{name}}, thank you for your order {{code}}.',
    attached: 'Your tickets are attached as a PDF: show them on your phone or on paper, both are fine. Each code opens the door once.',
    action: 'Show my tickets',
  },
  resent: { title: 'Your ticket {{number}} again', body: 'Here is your ticket for {{event}}, as asked for at the desk.', action: 'Show my tickets' },
  canceled: {
    title: 'Order {{code}} was canceled',
    buyer: 'You gave up your order for {{event}}. Nothing was charged.',
    organizer: 'The organiser canceled your order for {{event}}.',
    event_canceled: '{{event}} will not take place, so your order was canceled. Nothing was charged.',
    payment_failed: 'Your order for {{event}} was canceled because it could not be paid.',
  },
  expired: {
    title: 'Your hold has ended',
    body: 'Order {{code}} for {{event}} was not paid in time, so its tickets are on sale again. Nothing was charged.',
    action: 'Try again',
  },
  refunded: {
    title: 'Refund for order {{code}}',
    requested: 'Your order for {{event}} was refunded. Its tickets are no longer valid.',
    event_canceled: 'We are sorry: {{event}} was canceled. You get your money back, you need not do anything.',
    paid_too_late: 'Your payment for {{event}} came after your hold had ended, and the tickets were gone. You get all of it back.',
    partly: 'A part of your payment for {{event}} is on its way back to you.',
    amount: 'Refund',
  },
  payment_failed: {
    title: 'Your payment did not go through',
    body: 'The payment for order {{code}} ({{event}}) was refused. Your tickets are still held; you can try another card.',
    action: 'Try again',
  },
  voided: { title: 'Ticket {{number}} is no longer valid', body: 'Your ticket {{number}} for {{event}} was voided and will not be admitted.' },
  changed: { title: 'News about {{event}}', body: 'Something about {{event}} has changed. This is how it stands now; your tickets stay valid.', action: 'Show the event' },
  event_canceled: { title: '{{event}} is canceled', body: 'The organiser has canceled {{event}}. What you paid comes back to you, you need not do anything.' },
  reminder: { title: 'Tomorrow: {{event}}', body: 'It is almost time. Have your tickets at hand, on your phone or on paper.', action: 'Show my tickets' },
  verify: { title: 'Welcome to Fermata', body: 'Hello {{name}}, please confirm that this address is yours.', action: 'Confirm my address', valid: 'The link is good for two days.' },
  reset: {
    title: 'Choose a new password', body: 'Hello {{name}}, somebody asked for a new password for your account. If it was you, choose one here.',
    action: 'Choose a password', valid: 'The link is good for an hour and works once. If it was not you, do nothing: your password stays.',
  },
  backup_failed: { title: 'A backup failed', body: 'The backup of {{services}} failed: {{error}}', action: 'Show the backups' },
  dead_letter: { title: 'Something was given up', body: '{{subject}} in {{service}} kept failing: {{error}}', action: 'Show deliveries' },
  fact: { event: 'Event', when: 'When', where: 'Where', order: 'Order', tickets: 'Tickets', total: 'Total' },
  footer: { order: 'You receive this mail because of your order.', account: 'You receive this mail because of your account.', admin: 'You receive this mail as an administrator.' },
}

export type Texts = typeof en
