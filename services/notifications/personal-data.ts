import { personal, words, type PersonalDataMap } from '@fermata/platform/personal-data'

export const personalData: PersonalDataMap = {
  tables: {
    mailbox: {
      what: words('Mails in the mailbox of this machine', 'E-mails dans la boîte de cette machine'),
      of: [{ through: 'deliveries', column: 'id', key: 'id' }, { address: 'to_address' }],
      erase: 'rows',
      personal: {
        to_address: personal('Your address', 'Votre adresse'),
        subject: personal('The subject', 'L’objet'),
        sealed: personal('The words and tickets', 'Le texte et les billets'),
      },
      // They hold links and codes that open something; whoever reads the mailbox has them there.
      secret: ['sealed'],
      rest: ['id', 'from_address', 'sent_at', 'attachment_count'],
    },
    deliveries: {
      what: words('Mails and SMS to you', 'E-mails et SMS qui vous sont adressés'),
      of: [{ user: 'user_id', address: 'recipient' }], erase: 'rows',
      personal: {
        recipient: personal('Your address or number', 'Votre adresse ou votre numéro'),
        subject: personal('The subject', 'L’objet'),
        content: personal('The words, until it is sent', 'Le texte, jusqu’à l’envoi'),
        locale: personal('The language', 'La langue'),
        last_error: personal('Why it could not be sent', 'Pourquoi l’envoi a échoué'),
      },
      rest: ['id', 'dedupe_key', 'channel', 'kind', 'user_id', 'attach_order_id', 'priority',
        'status', 'attempts', 'next_attempt_at', 'request_id', 'created_at', 'sent_at'],
    },
    messages: {
      what: words('Messages to you', 'Messages qui vous sont adressés'),
      of: [{ user: 'user_id' }], erase: 'rows',
      personal: {
        title: personal('The title', 'Le titre'), body: personal('The words', 'Le texte'),
        read_at: personal('When you read it', 'Quand vous l’avez lu'),
      },
      rest: ['id', 'dedupe_key', 'user_id', 'kind', 'url', 'created_at'],
    },
    holders: {
      what: words('Events of which you get news', 'Événements dont vous recevez des nouvelles'),
      of: [{ user: 'user_id', address: 'email' }], erase: 'rows',
      personal: {
        email: personal('Your address', 'Votre adresse'),
        locale: personal('Your language', 'Votre langue'),
      },
      rest: ['order_id', 'event_id', 'user_id', 'ticket_count', 'voided_count', 'is_ended',
        'is_free', 'mail_due_at'],
    },
    people: {
      what: words('Where and how you want to hear from us',
        'Où et comment vous voulez avoir de nos nouvelles'),
      of: [{ user: 'case when erased_at is null then user_id end' }], erase: 'columns',
      kept: words('A number without a name, so that late news does not bring you back.',
        'Un numéro sans nom, pour que rien de tardif ne vous fasse revenir.'),
      personal: {
        email: personal('Your address', 'Votre adresse', "''"),
        username: personal('Your name', 'Votre nom', "''"),
        phone: personal('Your phone number', 'Votre numéro de téléphone', 'null'),
        locale: personal('Your language', 'Votre langue'),
        email_notifications: personal('Whether you want mails', 'Si vous voulez des e-mails'),
        in_app_notifications: personal('Whether you want messages here',
          'Si vous voulez des messages ici', 'false'),
        sms_notifications: personal('Whether you want SMS', 'Si vous voulez des SMS', 'false'),
        reminders: personal('Whether you want reminders', 'Si vous voulez des rappels', 'false'),
      },
      rest: ['user_id', 'is_admin', 'is_proven', 'settings_changed_at', 'roles_changed_at', 'erased_at'],
    },
  },
  impersonal: {
    // Hashes of letter boxes and senders, until a day after they were at their limit.
    mail_allowances: ['key', 'spent_until', 'waiting_id'],
    events: ['id', 'version', 'facts'],
  },
}
