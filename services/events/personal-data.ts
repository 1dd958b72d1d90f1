import { personal, words, type PersonalDataMap } from '@fermata/platform/personal-data'

export const personalData: PersonalDataMap = {
  tables: {
    members: {
      what: words('Organisers you belong to', 'Organisateurs dont vous êtes membre'),
      of: [{ user: 'user_id', address: 'email' }], erase: 'rows',
      personal: {
        name: personal('Your name', 'Votre nom'),
        email: personal('Your address', 'Votre adresse'),
        role: personal('As what', 'À quel titre'),
      },
      rest: ['id', 'organizer_id', 'user_id', 'event_id', 'added_at'],
    },
    people: {
      what: words('Your name, for an organiser of your own',
        'Votre nom, pour un organisateur à vous'),
      of: [{ user: 'user_id' }], erase: 'columns',
      kept: words('A number without a name, so that late news does not bring you back.',
        'Un numéro sans nom, pour que rien de tardif ne vous fasse revenir.'),
      personal: { name: personal('Your name', 'Votre nom', 'null') },
      rest: ['user_id'],
    },
    organizers: {
      what: words('The organiser that was made for you', 'L’organisateur créé pour vous'),
      of: [{ user: 'default_for' }], erase: 'columns',
      kept: words('The name under which it sold: buyers must be able to tell from whom they bought.',
        'Le nom sous lequel il a vendu : les acheteurs doivent savoir à qui ils ont acheté.'),
      personal: {
        default_for: personal('Your account', 'Votre compte', 'null'),
        name: personal('Its name', 'Son nom'),
      },
      rest: ['id', 'members_version', 'created_at'],
    },
  },
  impersonal: {
    events: ['id', 'slug', 'organizer_id', 'organizer_name', 'title', 'description', 'starts_at',
      'ends_at', 'timezone', 'venue_name', 'venue_address', 'venue_city', 'venue_country',
      'category', 'images', 'ticket_capacity', 'currency', 'status', 'version', 'created_at',
      'updated_at', 'published_at', 'canceled_at', 'cancel_reason'],
  },
}
