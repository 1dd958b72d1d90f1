import { personal, words, type PersonalDataMap } from '@fermata/platform/personal-data'

/**
 * The account goes as a whole, and what hangs on it. Whoever reads an address is shown, too, which
 * accounts claim it without having proven it.
 */
export const personalData: PersonalDataMap = {
  tables: {
    refresh_tokens: {
      what: words('Proofs that a browser is signed in', 'Preuves qu’un navigateur est connecté'),
      of: [{ through: 'logins', column: 'login_id', key: 'id' }],
      erase: 'rows', personal: {}, secret: ['hash'],
      rest: ['hash', 'login_id', 'created_at', 'replaced_at'],
    },
    logins: {
      what: words('Where you are signed in', 'Où vous êtes connecté'),
      of: [{ user: 'account_id' }], erase: 'rows',
      personal: {
        user_agent: personal('The browser', 'Le navigateur'),
        address: personal('The network address', 'L’adresse réseau'),
        last_used_at: personal('When it was last used', 'La dernière utilisation'),
      },
      rest: ['id', 'account_id', 'created_at', 'confirmed_at'],
    },
    link_tokens: {
      what: words('Tokens of these links, as hashes', 'Jetons de ces liens, hachés'),
      of: [{ through: 'links', column: 'link_id', key: 'id' }], erase: 'rows', personal: {},
      secret: ['hash'], rest: ['hash', 'link_id', 'created_at', 'expires_at'],
    },
    links: {
      what: words('Links that were mailed to you', 'Liens qui vous ont été envoyés'),
      of: [{ user: 'account_id' }], erase: 'rows', personal: {},
      rest: ['id', 'account_id', 'purpose', 'login_id', 'created_at', 'expires_at'],
    },
    known_places: {
      what: words('Devices and networks you signed in from, as hashes',
        'Appareils et réseaux d’où vous vous êtes connecté, hachés'),
      of: [{ user: 'account_id' }], erase: 'rows', secret: ['hash'],
      personal: { last_used_at: personal('When it was last used', 'La dernière utilisation') },
      rest: ['account_id', 'hash'],
    },
    totp: {
      what: words('Your app for codes', 'Votre application de codes'),
      of: [{ user: 'account_id' }], erase: 'rows', personal: {}, secret: ['secret'],
      rest: ['account_id', 'secret', 'created_at', 'confirmed_at', 'last_step'],
    },
    passkeys: {
      what: words('Your passkeys', 'Vos clés d’accès'),
      of: [{ user: 'account_id' }], erase: 'rows',
      personal: {
        name: personal('What you called it', 'Le nom que vous lui avez donné'),
        last_used_at: personal('When it was last used', 'La dernière utilisation'),
      },
      secret: ['credential_id', 'public_key'],
      rest: ['id', 'account_id', 'credential_id', 'public_key', 'sign_count', 'transports',
        'created_at'],
    },
    recovery_codes: {
      what: words('Your recovery codes, as hashes', 'Vos codes de secours, hachés'),
      of: [{ user: 'account_id' }], erase: 'rows', personal: {}, secret: ['hash'],
      rest: ['account_id', 'hash', 'used_at'],
    },
    ended_logins: {
      what: words('Logins that ended', 'Connexions terminées'),
      of: [{ user: 'user_id' }], erase: 'columns',
      kept: words('For an hour, so that they stay ended.', 'Pendant une heure, pour qu’elles ' +
        'restent terminées.'),
      personal: {}, rest: ['login_id', 'user_id', 'ended_at'],
    },
    accounts: {
      what: words('What you sign in with', 'Ce avec quoi vous vous connectez'),
      of: [{ user: 'id' }, { address: 'case when email_verified_at is null then email end' }],
      erase: 'rows',
      personal: {
        email: personal('Your address', 'Votre adresse'),
        username: personal('Your name', 'Votre nom'),
        locale: personal('Your language', 'Votre langue'),
        roles: personal('What you may do', 'Ce que vous pouvez faire'),
        password_hash: personal('Your password, as a hash', 'Votre mot de passe, haché'),
      },
      secret: ['password_hash'],
      rest: [
        'id', 'email_verified_at', 'created_at', 'locale_changed_at', 'username_changed_at',
        'roles_changed_at', 'password_changed_at',
      ],
    },
  },
  impersonal: {
    // Its key is a hash, of which nobody can tell whose it was.
    attempts: ['key', 'failures', 'last_at', 'blocked_until'],
    mail_pauses: ['key', 'last_at', 'since', 'mails'],
    spent_challenges: ['hash', 'expires_at'],
  },
}

/** By what rows are erased: an account that claims an address ends as accounts do, told to all. */
export const erasedData: PersonalDataMap = {
  ...personalData,
  tables: {
    ...personalData.tables,
    accounts: { ...personalData.tables.accounts!, of: [{ user: 'id' }] },
  },
}
