/** Every word that leaves the house in English. `{{name}}` is filled in; nothing is markup. */
export const en = {
  held: {
    title: 'Held for you: {{event}}',
    body_one: 'Your tickets are held for {{count}} minute. Pay in that time and they are yours.',
    body_other: 'Your tickets are held for {{count}} minutes. Pay in that time and they are yours.',
  },
  completed: {
    title: 'Order {{code}} is complete',
    body: 'Your tickets for {{event}} are on their way.',
  },
  issued: {
    title_one: 'Your ticket for {{event}}',
    title_other: 'Your {{count}} tickets for {{event}}',
    greeting: 'Hello {{name}}.',
    body_one: 'Thank you for your order. Your ticket is ready.',
    body_other: 'Thank you for your order. Your {{count}} tickets are ready.',
    attached_one:
      'It is attached as a PDF: show it on your phone or on paper, both are fine. ' +
      'Its code opens the door once.',
    attached_other:
      'They are attached as a PDF: show them on your phone or on paper, both are fine. ' +
      'Each code opens the door once.',
    action_one: 'Show my ticket',
    action_other: 'Show my tickets',
  },
  several: {
    title: 'More about tickets for this address',
    body:
      'There is more news of free tickets ordered with this address than we send mails for one ' +
      'by one. It is told together here.',
    stranger:
      'If you know nothing of them, somebody else typed your address. You need not do anything.',
  },
  resent: {
    title: 'Your ticket {{number}} again',
    body: 'Here is your ticket for {{event}}, as asked for at the desk.',
  },
  canceled: {
    title: 'Order {{code}} was canceled',
    buyer: 'You gave up your order for {{event}}. Nothing was charged.',
    organizer: 'The organiser canceled your order for {{event}}.',
    event_canceled:
      '{{event}} will not take place, so your order was canceled. Nothing was charged.',
    payment_failed: 'Your order for {{event}} was canceled because it could not be paid.',
  },
  expired: {
    title: 'Your hold has ended',
    body:
      'Order {{code}} for {{event}} was not paid in time, so its tickets are on sale again. ' +
      'Nothing was charged.',
    action: 'Try again',
  },
  refunded: {
    title: 'Refund for order {{code}}',
    requested: 'Your order for {{event}} was refunded. Its tickets are no longer valid.',
    event_canceled:
      'We are sorry: {{event}} was canceled. You get your money back, you need not do anything.',
    paid_too_late:
      'Your payment for {{event}} came after your hold had ended, and the tickets were gone. ' +
      'You get all of it back.',
    partly: 'A part of your payment for {{event}} is on its way back to you.',
    amount: 'Refund',
  },
  ended: {
    requested: 'Your order for {{event}} has ended. Its tickets are no longer valid.',
  },
  returned: {
    title: 'Money back for order {{code}}',
    paid_twice:
      'Your order for {{event}} was paid twice. The second payment comes back to you; ' +
      'your order and its tickets stay as they are.',
    amount_differs:
      'A payment for your order for {{event}} was not of the right amount. ' +
      'It comes back to you in full.',
  },
  payment_failed: {
    title: 'Your payment did not go through',
    body:
      'The payment for order {{code}} ({{event}}) was refused. ' +
      'As long as your tickets are held, you can try another card.',
  },
  voided: {
    title: 'Ticket {{number}} is no longer valid',
    body: 'Your ticket {{number}} for {{event}} was voided and will not be admitted.',
    reason: 'The reason given: {{reason}}',
  },
  changed: {
    title: 'News about {{event}}',
    body:
      'Something about {{event}} has changed. This is how it stands now; your tickets stay valid.',
    formerly: 'It was called {{title}} before.',
    action: 'Show the event',
  },
  event_canceled: {
    title: '{{event}} is canceled',
    body:
      'The organiser has canceled {{event}}. If you paid for your tickets, the money comes back ' +
      'to you; you need not do anything.',
    reason: 'The organiser writes: {{reason}}',
  },
  reminder: {
    today: 'Today: {{event}}',
    tomorrow: 'Tomorrow: {{event}}',
    body: 'It is almost time. Have your tickets at hand, on your phone or on paper.',
    action: 'Show my tickets',
  },
  verify: {
    title: 'Welcome to Fermata',
    body:
      'Somebody signed up with this address. If it was you, confirm that it is yours: in the ' +
      'browser in which you signed up, or with the password you chose.',
    action: 'Confirm my address',
    valid:
      'The link is good for two days. If it was not you, do nothing, or set a password of your ' +
      'own there: the account is yours then, and everybody else is signed out of it.',
  },
  verify_again: {
    title: 'Signed up again',
    body:
      'Somebody signed up with this address once more; it was used before and never confirmed. ' +
      'If it was you, confirm it now: in the browser in which you signed up, or with the ' +
      'password you chose this time.',
    action: 'Confirm my address',
    valid:
      'The link is good for two days. The account that you confirm first is the one this address ' +
      'stands for. If it was not you, do nothing.',
  },
  exists: {
    title: 'You have an account already',
    body:
      'Somebody, perhaps you, signed up with this address. It belongs to your account already, ' +
      'so nothing has changed: sign in with your password.',
    action: 'Sign in',
    valid:
      'If you do not know the password any more, set a new one on that page. ' +
      'If it was not you, do nothing.',
  },
  reset: {
    title: 'Choose a new password',
    body:
      'Somebody asked for a new password for the account with this address. ' +
      'If it was you, choose one here.',
    action: 'Choose a password',
    valid:
      'The link is good for an hour and works once. ' +
      'If it was not you, do nothing: the password stays.',
  },
  address_data: {
    title: 'What is kept about your address',
    body:
      'Somebody asked what is kept about this address. If it was you, open the page and press ' +
      'the button there: you can download all of it, and have it erased.',
    action: 'Open the page',
    valid: 'The link is good for an hour and works once. If it was not you, do nothing.',
  },
  own_data: {
    title: 'What is kept about your address',
    body:
      'Somebody asked what is kept about this address. It belongs to your account: sign in, and ' +
      'download or erase everything in your settings.',
    action: 'Open my settings',
    valid: 'If it was not you, do nothing.',
  },
  backup_failed: {
    title: 'A backup failed',
    body: 'The backup of {{services}} failed: {{error}}',
    action: 'Show the backups',
  },
  dead_letter: {
    title: 'Something was given up',
    body: '{{subject}} in {{service}} kept failing: {{error}}',
    action: 'Show the dead letters',
  },
  fact: {
    event: 'Event', when: 'When', before: 'Before', where: 'Where', order: 'Order', total: 'Total',
  },
  link: 'If the button does not work, open this address:',
  file: { tickets: 'tickets.pdf', event: 'event.ics' },
  footer: {
    order: 'You receive this mail because of your order.',
    account: 'You receive this mail because of your account.',
    asked: 'You receive this mail because somebody typed your address on our page.',
    message: 'You receive this mail because an administrator of this site wrote to you.',
    admin: 'You receive this mail as an administrator.',
  },
}

export type Texts = typeof en
