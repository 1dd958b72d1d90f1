import {
  nobody, personal, words, type PersonalDataMap,
} from '@fermata/platform/personal-data'

const still_valid = words(
  'Tickets stay valid for who carries them, without your name.',
  'Les billets restent valables pour qui les porte, sans votre nom.')

export const personalData: PersonalDataMap = {
  tables: {
    members: {
      what: words('Organisers you work for', 'Organisateurs pour qui vous travaillez'),
      of: [{ user: 'user_id' }], erase: 'rows',
      personal: { role: personal('As what', 'À quel titre') },
      rest: ['organizer_id', 'user_id', 'event_id'],
    },
    check_ins: {
      what: words('Whom you admitted at a door', 'Qui vous avez admis à une porte'),
      of: [{ user: 'admitted_by_id' }], erase: 'columns',
      kept: words('That a ticket was used, without who stood at the door.',
        'Qu’un billet a servi, sans dire qui se tenait à la porte.'),
      personal: { admitted_by: personal('Your name', 'Votre nom', nobody.name) },
      rest: ['id', 'ticket_id', 'gate', 'admitted_at', 'admitted_by_id'],
    },
    tickets: {
      what: words('Your tickets', 'Vos billets'),
      of: [{ through: 'orders', column: 'order_id', key: 'id' }, { address: 'holder_email' }],
      erase: 'columns', kept: still_valid,
      personal: {
        holder_name: personal('The name on it', 'Le nom qui y figure', nobody.name),
        holder_email: personal('The holder’s address', 'L’adresse du porteur', nobody.email),
      },
      // It opens the door.
      secret: ['code'],
      rest: ['id', 'number', 'code', 'status', 'event_id', 'order_id', 'position', 'ticket_type_id',
        'ticket_type_name', 'price_minor', 'currency', 'issued_at', 'voided_at', 'void_reason'],
    },
    orders: {
      what: words('The orders of your tickets', 'Les commandes de vos billets'),
      of: [{ user: 'user_id', address: 'buyer_email' }], erase: 'columns', kept: still_valid,
      personal: {
        user_id: personal('Your account', 'Votre compte', 'null'),
        buyer_name: personal('Your name', 'Votre nom', nobody.name),
        buyer_email: personal('Your address', 'Votre adresse', nobody.email),
        buyer_locale: personal('Your language', 'Votre langue'),
      },
      rest: ['id', 'event_id', 'code', 'issued_at', 'ended_at', 'end_reason'],
    },
  },
  impersonal: {
    events: ['id', 'version', 'title', 'starts_at', 'canceled', 'facts', 'organizer_id',
      'number_prefix', 'last_number'],
    organizers: ['id', 'version'],
    // Its key is a hash, of which nobody can tell whose it was.
    resends: ['key', 'spent_until'],
    keys: ['event_id', 'kid', 'public_key', 'created_at'],
  },
}
