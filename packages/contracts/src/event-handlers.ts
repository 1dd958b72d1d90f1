/**
 * Who handles each event: a publisher in another process keeps it until all of these have confirmed
 * its effect. Written by `node tools/generate-event-handlers.ts` from the services'
 * subscriptions; do not edit.
 */
export const eventHandlers: Record<string, readonly string[]> = {
  'auth.account_reclaimed.v1': [
    'users.forgetPhones',
  ],
  'auth.credentials_deleted.v1': [
    'auth.forgetAccounts',
    'backups.keepDeletedAccounts',
    'events.forgetPeople',
    'expiration.forgetOwners',
    'notifications.erase',
    'orders.forgetBuyers',
    'payments.forgetPayers',
    'tickets.forgetHolders',
    'users.eraseProfiles',
  ],
  'auth.email_verified.v1': [
    'events.welcomeMembers',
    'notifications.keepProven',
    'users.adoptPurchases',
  ],
  'auth.password_changed.v1': [
    'backups.keepChangedPasswords',
  ],
  'auth.password_reset_requested.v1': [
    'notifications.mailPasswordReset',
  ],
  'auth.roles_changed.v1': [
    'backups.keepRights',
    'notifications.keepRoles',
    'users.followRoles',
  ],
  'auth.user_registered.v1': [
    'events.rememberPeople',
    'notifications.welcome',
    'users.addProfiles',
  ],
  'auth.verification_requested.v1': [
    'notifications.mailVerification',
  ],
  'backups.backup_failed.v1': [
    'notifications.tellBackupFailed',
  ],
  'backups.copies_restored.v1': [
    'auth.endRestoredAccounts',
    'auth.takeRestoredRights',
    'events.limitRestoredMembers',
    'tickets.voidRestoredTickets',
    'users.eraseRestoredAddresses',
  ],
  'backups.order_given_up.v1': [
    'backups.keepEndings',
    'payments.endOrders',
    'tickets.endOrders',
  ],
  'events.event_canceled.v1': [
    'expiration.endReminders',
    'notifications.tellEventCanceled',
    'orders.cancelEventOrders',
    'tickets.keepEvents',
  ],
  'events.event_changed.v1': [
    'expiration.moveReminders',
    'notifications.tellChanged',
    'orders.learnChanged',
    'tickets.keepEvents',
    'users.followEvents',
  ],
  'events.event_published.v1': [
    'expiration.startReminders',
    'notifications.keepPublished',
    'orders.learnPublished',
    'tickets.keepEvents',
  ],
  'events.member_changed.v1': [
    'backups.keepChangedMembers',
  ],
  'events.organizer_members_changed.v1': [
    'orders.keepMembers',
    'tickets.keepMembers',
  ],
  'expiration.deadline_reached.v1': [
    'notifications.tellReminder',
    'orders.expireOrders',
  ],
  'notifications.dead_letter_added.v1': [
    'notifications.tellDeadLetter',
  ],
  'orders.order_canceled.v1': [
    'backups.keepEndings',
    'expiration.endHolds',
    'notifications.tellCanceled',
    'payments.endOrders',
    'tickets.endOrders',
    'users.markCanceled',
  ],
  'orders.order_completed.v1': [
    'expiration.endHolds',
    'notifications.tellCompleted',
    'tickets.issueTickets',
    'users.addPurchases',
  ],
  'orders.order_expired.v1': [
    'expiration.endHolds',
    'notifications.tellExpired',
  ],
  'orders.order_placed.v1': [
    'expiration.startHolds',
    'notifications.tellHeld',
  ],
  'orders.order_refunded.v1': [
    'backups.keepEndings',
    'notifications.tellRefunded',
    'payments.endOrders',
    'tickets.endOrders',
    'users.markRefunded',
  ],
  'orders.payment_returned.v1': [
    'notifications.tellReturned',
    'payments.returnPayments',
  ],
  'payments.payment_failed.v1': [
    'notifications.tellPaymentFailed',
  ],
  'payments.payment_refunded.v1': [
    'notifications.tellPartRefunded',
    'orders.refundOrders',
  ],
  'payments.payment_succeeded.v1': [
    'orders.completeOrders',
  ],
  'tickets.ticket_resent.v1': [
    'notifications.mailTicketAgain',
  ],
  'tickets.ticket_voided.v1': [
    'backups.keepVoidedTickets',
    'notifications.tellVoided',
  ],
  'tickets.tickets_issued.v1': [
    'notifications.mailTickets',
  ],
  'users.address_erased.v1': [
    'auth.endClaims',
    'backups.keepErasedAddresses',
    'events.forgetAddresses',
    'notifications.forgetAddresses',
    'orders.forgetAddresses',
    'payments.forgetAddresses',
    'tickets.forgetAddresses',
    'users.eraseAddresses',
  ],
  'users.address_link_requested.v1': [
    'notifications.mailAddressLink',
  ],
  'users.profile_changed.v1': [
    'auth.followNames',
  ],
  'users.settings_changed.v1': [
    'auth.followLocales',
    'notifications.keepSettings',
  ],
}
