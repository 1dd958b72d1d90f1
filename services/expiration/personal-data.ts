import { personal, words, type PersonalDataMap } from '@fermata/platform/personal-data'

export const personalData: PersonalDataMap = {
  tables: {
    owners: {
      what: words('Orders of yours that had a deadline', 'Vos commandes qui avaient une échéance'),
      of: [{ user: 'user_id' }], erase: 'rows',
      personal: { user_id: personal('Your account', 'Votre compte') },
      rest: ['subject_id'],
    },
  },
  impersonal: {
    deadlines: ['kind', 'id', 'due_at', 'held', 'dropped', 'reached', 'reached_at', 'is_waiting'],
  },
}
