import {
  kept_for_books, nobody, personal, words, type PersonalDataMap,
} from '@fermata/platform/personal-data'

export const personalData: PersonalDataMap = {
  tables: {
    members: {
      what: words('Organisers you work for', 'Organisateurs pour qui vous travaillez'),
      of: [{ user: 'user_id' }], erase: 'rows',
      personal: { role: personal('As what', 'À quel titre') },
      rest: ['organizer_id', 'user_id', 'event_id'],
    },
    limited_purchases: {
      what: words('What counts towards limits for each buyer',
        'Ce qui compte pour les limites par acheteur'),
      of: [{ through: 'orders', column: 'order_id', key: 'id' }], erase: 'rows',
      personal: { email_key: personal('Your address', 'Votre adresse') },
      rest: ['order_id', 'ticket_type_id', 'user_id', 'quantity'],
    },
    order_items: {
      what: words('What you ordered', 'Ce que vous avez commandé'),
      of: [{ through: 'orders', column: 'order_id', key: 'id' }],
      erase: 'columns', kept: kept_for_books, personal: {},
      rest: ['order_id', 'ticket_type_id', 'line', 'name', 'quantity', 'unit_price_minor',
        'discount_minor'],
    },
    orders: {
      what: words('Your orders', 'Vos commandes'),
      of: [{ user: 'user_id', address: 'buyer_email' }], erase: 'columns', kept: kept_for_books,
      personal: {
        user_id: personal('Your account', 'Votre compte', 'null'),
        buyer_name: personal('Your name', 'Votre nom', nobody.name),
        buyer_email: personal('Your address', 'Votre adresse', nobody.email),
        mailbox: personal('Your address, as a hash', 'Votre adresse, hachée', 'null'),
        visitor: personal('Your browser, as a hash', 'Votre navigateur, haché', 'null'),
        buyer_locale: personal('Your language', 'Votre langue'),
      },
      // Hashes, by which orders are counted.
      secret: ['mailbox', 'visitor', 'network'],
      rest: ['network', 'id', 'code', 'event_id', 'status', 'total_minor', 'currency', 'payment_id',
        'request_id', 'created_at', 'expires_at', 'completed_at', 'canceled_at', 'expired_at',
        'refunded_at'],
    },
  },
  impersonal: {
    events: ['id', 'title', 'status', 'ends_at', 'facts', 'version', 'released_up_to',
      'network_share_percent', 'max_per_buyer', 'seller'],
    organizers: ['id', 'version'],
    // The network is a keyed hash, while tickets are held.
    open_holds: ['event_id', 'network', 'ticket_type_id', 'tickets'],
    pools: ['id', 'event_id', 'name', 'kind', 'capacity', 'held', 'sold', 'created_at'],
    promo_codes: ['id', 'event_id', 'code', 'percent', 'amount_minor', 'counts', 'max_uses', 'used',
      'ticket_type_ids', 'valid_from', 'valid_until', 'created_at', 'updated_at'],
    promo_uses: ['order_id', 'promo_code_id', 'uses'],
    queue_admissions: ['event_id', 'at', 'up_to'],
    // Places in a draw: random numbers, of which nobody can tell whose they were; networks and
    // visitors are keyed hashes of one event.
    queue_joins: ['event_id', 'number', 'at', 'first_place', 'ids', 'networks', 'joined_once'],
    // The buyer is a keyed hash, for as long as the sale lasts.
    queue_uses: ['event_id', 'place', 'orders', 'buyer'],
    queues: ['event_id', 'enabled', 'opens_at', 'draw_key', 'drawn_at', 'drawn_count',
      'admitted_per_second', 'admitted_up_to', 'advanced_at', 'batches', 'in_checkout', 'joined',
      'joins_digest', 'left_per_second', 'max_in_checkout', 'pass_seconds',
      'free_joins_per_network', 'max_joins_per_network'],
    refunded_payments: ['payment_id', 'order_id', 'recorded_at'],
    ticket_type_pools: ['ticket_type_id', 'pool_id'],
    ticket_types: ['id', 'event_id', 'name', 'description', 'price_minor', 'currency', 'pricing',
      'min_price_minor', 'tiers', 'min_per_order', 'max_per_order', 'max_per_buyer', 'access_code',
      'position', 'sales_start', 'sales_end', 'created_at', 'updated_at'],
  },
}
