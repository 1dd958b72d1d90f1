import type { Texts } from './texts-en.ts'

/**
 * French has a third form, for whole millions ("un million de billets"), where English has two;
 * 0 takes the singular.
 */
type FrenchTexts = Texts & {
  held: { body_many: string }
  issued: { title_many: string, body_many: string, attached_many: string, action_many: string }
}

const attached =
  'Ils sont joints en PDF\u00a0: montrez-les sur votre téléphone ou sur papier, les deux conviennent. ' +
  'Chaque code ouvre la porte une seule fois.'

/** Every word that leaves the house in French, with its unbreakable blanks. */
export const fr: FrenchTexts = {
  held: {
    title: 'Réservé pour vous\u00a0: {{event}}',
    body_one: 'Vos billets sont réservés pendant {{count}} minute. Payez à temps et ils sont à vous.',
    body_many: 'Vos billets sont réservés pendant {{count}} de minutes. Payez à temps et ils sont à vous.',
    body_other: 'Vos billets sont réservés pendant {{count}} minutes. Payez à temps et ils sont à vous.',
  },
  completed: {
    title: 'La commande {{code}} est confirmée',
    body: 'Vos billets pour {{event}} arrivent.',
  },
  issued: {
    title_one: 'Votre billet pour {{event}}',
    title_many: 'Vos {{count}} de billets pour {{event}}',
    title_other: 'Vos {{count}} billets pour {{event}}',
    greeting: 'Bonjour {{name}}.',
    body_one: 'Merci pour votre commande. Votre billet est prêt.',
    body_many: 'Merci pour votre commande. Vos {{count}} de billets sont prêts.',
    body_other: 'Merci pour votre commande. Vos {{count}} billets sont prêts.',
    attached_one:
      'Il est joint en PDF\u00a0: montrez-le sur votre téléphone ou sur papier, les deux conviennent. ' +
      'Son code ouvre la porte une seule fois.',
    attached_many: attached,
    attached_other: attached,
    action_one: 'Voir mon billet',
    action_many: 'Voir mes billets',
    action_other: 'Voir mes billets',
  },
  several: {
    title: 'Autres nouvelles des billets pour cette adresse',
    body:
      'Les nouvelles des billets gratuits commandés avec cette adresse sont trop nombreuses ' +
      'pour un e-mail chacune. Les voici ensemble.',
    stranger:
      'Si vous n’en savez rien, quelqu’un d’autre a saisi votre adresse. Vous n’avez rien à faire.',
  },
  resent: {
    title: 'Votre billet {{number}}, à nouveau',
    body: 'Voici votre billet pour {{event}}, comme demandé à l’accueil.',
  },
  canceled: {
    title: 'La commande {{code}} est annulée',
    buyer: 'Vous avez renoncé à votre commande pour {{event}}. Rien n’a été débité.',
    organizer: 'L’organisateur a annulé votre commande pour {{event}}.',
    event_canceled:
      '{{event}} n’aura pas lieu, votre commande est donc annulée. Rien n’a été débité.',
    payment_failed: 'Votre commande pour {{event}} est annulée, car elle n’a pas pu être payée.',
  },
  expired: {
    title: 'Votre réservation a pris fin',
    body:
      'La commande {{code}} pour {{event}} n’a pas été payée à temps, ses billets sont de nouveau ' +
      'en vente. Rien n’a été débité.',
    action: 'Réessayer',
  },
  refunded: {
    title: 'Remboursement de la commande {{code}}',
    requested: 'Votre commande pour {{event}} est remboursée. Ses billets ne sont plus valables.',
    event_canceled:
      'Nous sommes désolés\u00a0: {{event}} est annulé. Vous êtes remboursé, vous n’avez rien à faire.',
    paid_too_late:
      'Votre paiement pour {{event}} est arrivé après la fin de la réservation et les billets ' +
      'étaient partis. Il vous est entièrement rendu.',
    partly: 'Une partie de votre paiement pour {{event}} vous est rendue.',
    amount: 'Remboursement',
  },
  ended: {
    requested: 'Votre commande pour {{event}} a pris fin. Ses billets ne sont plus valables.',
  },
  returned: {
    title: 'Paiement rendu pour la commande {{code}}',
    paid_twice:
      'Votre commande pour {{event}} a été payée deux fois. Le second paiement vous est rendu\u00a0; ' +
      'votre commande et ses billets ne changent pas.',
    amount_differs:
      'Un paiement pour votre commande pour {{event}} n’était pas du bon montant. ' +
      'Il vous est entièrement rendu.',
  },
  payment_failed: {
    title: 'Votre paiement n’a pas abouti',
    body:
      'Le paiement de la commande {{code}} ({{event}}) a été refusé. ' +
      'Tant que vos billets sont réservés, vous pouvez essayer une autre carte.',
  },
  voided: {
    title: 'Le billet {{number}} n’est plus valable',
    body: 'Votre billet {{number}} pour {{event}} a été annulé et ne sera pas admis.',
    reason: 'Le motif donné\u00a0: {{reason}}',
  },
  changed: {
    title: 'Du nouveau pour {{event}}',
    body:
      'Quelque chose a changé pour {{event}}. Voici ce qu’il en est\u00a0; vos billets restent valables.',
    formerly: 'Son titre était auparavant {{title}}.',
    action: 'Voir l’événement',
  },
  event_canceled: {
    title: '{{event}} est annulé',
    body:
      'L’organisateur a annulé {{event}}. Si vous avez payé vos billets, l’argent vous est rendu\u00a0; ' +
      'vous n’avez rien à faire.',
    reason: 'L’organisateur écrit\u00a0: {{reason}}',
  },
  reminder: {
    today: 'Aujourd’hui\u00a0: {{event}}',
    tomorrow: 'Demain\u00a0: {{event}}',
    body:
      'C’est bientôt l’heure. Gardez vos billets à portée de main, sur votre téléphone ou sur papier.',
    action: 'Voir mes billets',
  },
  verify: {
    title: 'Bienvenue chez Fermata',
    body:
      'Quelqu’un s’est inscrit avec cette adresse. Si c’est vous, confirmez qu’elle est à vous\u00a0: ' +
      'dans le navigateur de votre inscription, ou avec le mot de passe que vous avez choisi.',
    action: 'Confirmer mon adresse',
    valid:
      'Le lien est valable deux jours. Si ce n’est pas vous, ne faites rien, ou définissez-y ' +
      'votre propre mot de passe\u00a0: le compte est alors à vous, et tous les autres en sont déconnectés.',
  },
  verify_again: {
    title: 'Une nouvelle inscription',
    body:
      'Quelqu’un s’est inscrit une nouvelle fois avec cette adresse, déjà utilisée et jamais ' +
      'confirmée. Si c’est vous, confirmez-la maintenant\u00a0: dans le navigateur de votre ' +
      'inscription, ou avec le mot de passe choisi cette fois.',
    action: 'Confirmer mon adresse',
    valid:
      'Le lien est valable deux jours. Le compte que vous confirmez en premier est celui de cette ' +
      'adresse. Si ce n’est pas vous, ne faites rien.',
  },
  exists: {
    title: 'Vous avez déjà un compte',
    body:
      'Quelqu’un, peut-être vous, s’est inscrit avec cette adresse. Elle appartient déjà à votre ' +
      'compte, donc rien n’a changé\u00a0: connectez-vous avec votre mot de passe.',
    action: 'Se connecter',
    valid:
      'Si vous ne connaissez plus le mot de passe, définissez-en un nouveau sur cette page. ' +
      'Si ce n’est pas vous, ne faites rien.',
  },
  reset: {
    title: 'Choisissez un nouveau mot de passe',
    body:
      'Quelqu’un a demandé un nouveau mot de passe pour le compte de cette adresse. ' +
      'Si c’était vous, choisissez-le ici.',
    action: 'Choisir un mot de passe',
    valid:
      'Le lien est valable une heure et une seule fois. ' +
      'Si ce n’était pas vous, ne faites rien\u00a0: le mot de passe reste le même.',
  },
  address_data: {
    title: 'Ce qui est conservé au sujet de votre adresse',
    body:
      'Quelqu’un a demandé ce qui est conservé au sujet de cette adresse. Si c’était vous, ' +
      'ouvrez la page et appuyez sur le bouton\u00a0: vous pourrez tout télécharger et le faire effacer.',
    action: 'Ouvrir la page',
    valid:
      'Le lien est valable une heure et une seule fois. Si ce n’était pas vous, ne faites rien.',
  },
  own_data: {
    title: 'Ce qui est conservé au sujet de votre adresse',
    body:
      'Quelqu’un a demandé ce qui est conservé au sujet de cette adresse. Elle appartient à ' +
      'votre compte\u00a0: connectez-vous et téléchargez ou effacez tout dans vos réglages.',
    action: 'Ouvrir mes réglages',
    valid: 'Si ce n’était pas vous, ne faites rien.',
  },
  backup_failed: {
    title: 'Une sauvegarde a échoué',
    body: 'La sauvegarde de {{services}} a échoué\u00a0: {{error}}',
    action: 'Voir les sauvegardes',
  },
  dead_letter: {
    title: 'Un traitement a été abandonné',
    body: '{{subject}} dans {{service}} échoue toujours\u00a0: {{error}}',
    action: 'Voir les échecs',
  },
  fact: {
    event: 'Événement', when: 'Quand', before: 'Avant', where: 'Où', order: 'Commande',
    total: 'Total',
  },
  link: 'Si le bouton ne fonctionne pas, ouvrez cette adresse\u00a0:',
  file: { tickets: 'billets.pdf', event: 'evenement.ics' },
  footer: {
    order: 'Vous recevez ce message en raison de votre commande.',
    asked:
      'Vous recevez ce message parce que quelqu’un a saisi votre adresse sur notre page.',
    account: 'Vous recevez ce message en raison de votre compte.',
    message: 'Vous recevez ce message parce qu’un administrateur de ce site vous a écrit.',
    admin: 'Vous recevez ce message en tant qu’administrateur.',
  },
}
