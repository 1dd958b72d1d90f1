import { personal, words, type PersonalDataMap } from '@fermata/platform/personal-data'

export const personalData: PersonalDataMap = {
  tables: {
    address_tokens: {
      what: words('Links that were mailed to you', 'Liens qui vous ont été envoyés'),
      of: [{ through: 'address_links', column: 'link_id', key: 'id' }], erase: 'rows', personal: {},
      secret: ['hash'],
      rest: ['hash', 'link_id', 'purpose', 'created_at', 'expires_at'],
    },
    address_links: {
      what: words('Your requests to see what is kept',
        'Vos demandes sur ce qui est conservé à votre sujet'),
      of: [{ address: 'email' }], erase: 'rows',
      personal: {
        email: personal('Your address', 'Votre adresse'),
        mailbox: personal('Your address as it is counted', 'Votre adresse telle qu’elle est comptée'),
      },
      rest: ['id', 'created_at', 'expires_at'],
    },
    purchases: {
      what: words('Your purchases', 'Vos achats'),
      of: [{ user: 'user_id', address: 'email' }], erase: 'rows',
      personal: {
        email: personal('The address you ordered with', 'L’adresse de la commande'),
        event_title: personal('What you went to see', 'Ce que vous êtes allé voir'),
        city: personal('Where', 'Où'), starts_at: personal('When', 'Quand'),
        total_minor: personal('What you paid', 'Ce que vous avez payé'),
      },
      rest: ['order_id', 'user_id', 'code', 'event_id', 'status', 'ticket_count', 'currency',
        'timezone', 'purchased_at'],
    },
    // Its own erasure leaves the id, so that late news does not bring the person back.
    people: {
      what: words('Your profile and settings', 'Votre profil et vos réglages'),
      of: [{ user: 'case when erased_at is null then id end' }], erase: 'columns',
      kept: words('A number without a name, so that late news does not bring you back.',
        'Un numéro sans nom, pour que rien de tardif ne vous fasse revenir.'),
      personal: {
        username: personal('Your name', 'Votre nom'),
        email: personal('Your address', 'Votre adresse'),
        phone: personal('Your phone number', 'Votre numéro de téléphone'),
        locale: personal('Your language', 'Votre langue'),
        roles: personal('What you may do', 'Ce que vous pouvez faire'),
        email_notifications: personal('Whether you want mails', 'Si vous voulez des e-mails'),
        in_app_notifications: personal('Whether you want messages here',
          'Si vous voulez des messages ici'),
        sms_notifications: personal('Whether you want SMS', 'Si vous voulez des SMS'),
        reminders: personal('Whether you want reminders', 'Si vous voulez des rappels'),
      },
      rest: ['id', 'registered_at', 'is_verified', 'roles_changed_at', 'updated_at', 'erased_at'],
    },
  },
  impersonal: {
    // What organisers say of their events.
    moved_events: ['id', 'version', 'title', 'starts_at', 'timezone', 'city'],
  },
}
