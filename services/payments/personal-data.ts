import { erasedBuyer } from '@fermata/contracts/fields'
import { kept_for_books, personal, words, type PersonalDataMap } from '@fermata/platform/personal-data'

export const personalData: PersonalDataMap = {
  tables: {
    refunds: {
      what: words('Money that came back to you', 'Ce qui vous a été remboursé'),
      of: [{ through: 'payments', column: 'payment_id', key: 'id' }],
      erase: 'columns', kept: kept_for_books,
      personal: { reason: personal('The reason given', 'La raison donnée', 'null') },
      secret: ['provider_key'],
      rest: ['id', 'payment_id', 'amount_minor', 'status', 'provider_key', 'requested_by', 'asks',
        'next_ask_at', 'created_at', 'paid_at'],
    },
    ledger_entries: {
      what: words('Your payments in the books', 'Vos paiements dans les comptes'),
      of: [{ through: 'payments', column: 'payment_id', key: 'id' }],
      erase: 'columns', kept: kept_for_books, personal: {},
      rest: ['id', 'transaction_id', 'payment_id', 'account', 'debit_minor', 'credit_minor',
        'currency', 'created_at'],
    },
    payments: {
      what: words('Your payments', 'Vos paiements'),
      of: [{ user: 'user_id', address: "buyer ->> 'email'" }],
      erase: 'columns', kept: kept_for_books,
      personal: {
        user_id: personal('Your account', 'Votre compte', 'null'),
        buyer: personal('Your name and address', 'Votre nom et votre adresse',
          `buyer || '${JSON.stringify(erasedBuyer)}'::jsonb`),
        method: personal('How you paid', 'Comment vous avez payé'),
      },
      secret: ['provider_key'],
      rest: ['id', 'order_id', 'order_code', 'event_id', 'event_title', 'organizer_id', 'provider',
        'provider_key', 'provider_reference', 'amount_minor', 'currency', 'status', 'failure',
        'hold_ends_at', 'needs_confirmation', 'asked_at', 'asks', 'next_ask_at', 'succeeded_at',
        'failed_at', 'refunded_at', 'refunded_minor', 'request_id', 'created_at'],
    },
  },
  impersonal: {
    ended_orders: ['order_id', 'reason', 'ended_at'],
    simulated_charges: ['key', 'order_id', 'amount_minor', 'currency', 'card', 'succeeds',
      'decides_at', 'created_at'],
    simulated_refunds: ['key', 'charge_key', 'amount_minor', 'created_at'],
  },
}
