import type { Texts } from './texts-en.ts'

/** Every word that leaves the house in French. */
export const fr: Texts = {
  held: {
    title: 'Réservé pour vous : {{event}}',
    body: 'Vos billets sont réservés jusqu’à {{until}}. Payez avant cette heure et ils sont à vous.',
    action: 'Payer maintenant',
  },
  completed: { title: 'La commande {{code}} est confirmée', body: 'Vos billets pour {{event}} arrivent.', action: 'Voir la commande' },
  issued_title_one: 'Votre billet pour {{event}}',
  issued_title_other: 'Vos {{count}} billets pour {{event}}',
  issued: {
    body: 'Bonjour {{name}}, merci pour votre commande {{code}}.',
    attached: 'Vos billets sont joints en PDF : montrez-les sur votre téléphone ou sur papier, les deux conviennent. Chaque code ouvre la porte une seule fois.',
    action: 'Voir mes billets',
  },
  resent: { title: 'Votre billet {{number}}, à nouveau', body: 'Voici votre billet pour {{event}}, comme demandé à l’accueil.', action: 'Voir mes billets' },
  canceled: {
    title: 'La commande {{code}} est annulée',
    buyer: 'Vous avez renoncé à votre commande pour {{event}}. Rien n’a été débité.',
    organizer: 'L’organisateur a annulé votre commande pour {{event}}.',
    event_canceled: '{{event}} n’aura pas lieu, votre commande est donc annulée. Rien n’a été débité.',
    payment_failed: 'Votre commande pour {{event}} est annulée, car elle n’a pas pu être payée.',
  },
  expired: {
    title: 'Votre réservation a pris fin',
    body: 'La commande {{code}} pour {{event}} n’a pas été payée à temps, ses billets sont de nouveau en vente. Rien n’a été débité.',
    action: 'Réessayer',
  },
  refunded: {
    title: 'Remboursement de la commande {{code}}',
    requested: 'Votre commande pour {{event}} est remboursée. Ses billets ne sont plus valables.',
    event_canceled: 'Nous sommes désolés : {{event}} est annulé. Vous êtes remboursé, vous n’avez rien à faire.',
    paid_too_late: 'Votre paiement pour {{event}} est arrivé après la fin de la réservation et les billets étaient partis. Il vous est entièrement rendu.',
    partly: 'Une partie de votre paiement pour {{event}} vous est rendue.',
    amount: 'Remboursement',
  },
  payment_failed: {
    title: 'Votre paiement n’a pas abouti',
    body: 'Le paiement de la commande {{code}} ({{event}}) a été refusé. Vos billets restent réservés ; vous pouvez essayer une autre carte.',
    action: 'Réessayer',
  },
  voided: { title: 'Le billet {{number}} n’est plus valable', body: 'Votre billet {{number}} pour {{event}} a été annulé et ne sera pas admis.' },
  changed: { title: 'Du nouveau pour {{event}}', body: 'Quelque chose a changé pour {{event}}. Voici ce qu’il en est ; vos billets restent valables.', action: 'Voir l’événement' },
  event_canceled: { title: '{{event}} est annulé', body: 'L’organisateur a annulé {{event}}. Ce que vous avez payé vous est rendu, vous n’avez rien à faire.' },
  reminder: { title: 'Demain : {{event}}', body: 'C’est bientôt l’heure. Gardez vos billets à portée de main, sur votre téléphone ou sur papier.', action: 'Voir mes billets' },
  verify: { title: 'Bienvenue chez Fermata', body: 'Bonjour {{name}}, confirmez que cette adresse est la vôtre.', action: 'Confirmer mon adresse', valid: 'Le lien est valable deux jours.' },
  reset: {
    title: 'Choisissez un nouveau mot de passe', body: 'Bonjour {{name}}, quelqu’un a demandé un nouveau mot de passe pour votre compte. Si c’était vous, choisissez-le ici.',
    action: 'Choisir un mot de passe', valid: 'Le lien est valable une heure et une seule fois. Si ce n’était pas vous, ne faites rien : votre mot de passe reste le même.',
  },
  backup_failed: { title: 'Une sauvegarde a échoué', body: 'La sauvegarde de {{services}} a échoué : {{error}}', action: 'Voir les sauvegardes' },
  dead_letter: { title: 'Un envoi a été abandonné', body: '{{subject}} dans {{service}} échoue toujours : {{error}}', action: 'Voir les envois' },
  fact: { event: 'Événement', when: 'Quand', where: 'Où', order: 'Commande', tickets: 'Billets', total: 'Total' },
  footer: { order: 'Vous recevez ce message en raison de votre commande.', account: 'Vous recevez ce message en raison de votre compte.', admin: 'Vous recevez ce message en tant qu’administrateur.' },
}
