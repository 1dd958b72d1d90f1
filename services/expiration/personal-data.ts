import { personal, words, type PersonalDataMap } from '@fermata/platform/personal-data'

export const personalData: PersonalDataMap = {
  tables: {
    deadlines: {
      what: words('Deadlines of your orders', 'Échéances de vos commandes'),
      of: [{ user: 'user_id' }], erase: 'columns',
      kept: words('The deadline, without whose it was.', 'L’échéance, sans dire de qui.'),
      personal: { user_id: personal('Your account', 'Votre compte', 'null') },
      rest: ['kind', 'subject_id', 'due_at', 'status', 'reached_at'],
    },
  },
  impersonal: {},
}
