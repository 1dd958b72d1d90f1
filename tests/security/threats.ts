import type { ThreatId } from '../proofs/proof.ts'

/** The threats that have tests, and what stands against each. A test's name begins with the id. */
export const threats: Record<ThreatId, { threat: string, control: string }> = {
  S1: {
    threat: 'reading or changing what is another\'s by its id',
    control: 'each query carries whose it is; what is another\'s does not exist',
  },
  S2: {
    threat: 'calling what a role may not call',
    control: 'each route names who may call it, and one that names nobody does not compile',
  },
  S3: {
    threat: 'setting or reading fields that nobody offered',
    control: 'undeclared fields are refused on the way in and left out on the way out',
  },
  S4: {
    threat: 'choosing one\'s own price, fee or quantity',
    control: 'the server computes from ids; money is whole minor units',
  },
  S5: {
    threat: 'skipping a step, or taking it twice',
    control: 'states move along one table in the database',
  },
  S7: {
    threat: 'guessing passwords, of one account or of many',
    control: 'budgets for each account, network and device; nobody is locked out by others',
  },
  S8: {
    threat: 'finding out who has an account or an order',
    control: 'the same answer and the same work, codes beyond guessing',
  },
  S9: {
    threat: 'forged and confused tokens',
    control: 'one algorithm, type and audience for each purpose, keys apart',
  },
  S11: {
    threat: 'logins that live on after their end',
    control: 'logins are rows, their end is told to every process',
  },
  S12: {
    threat: 'requests that another site causes',
    control: '`__Host-` cookies, SameSite, and the origin of every write, pages included',
  },
  S13: {
    threat: 'scripts in what people type',
    control: 'escaping, and a content security policy with nonces',
  },
  S14: {
    threat: 'headers, markup and properties injected into mails, calendars and PDF',
    control: 'text stays text; line ends end nothing',
  },
  S21: {
    threat: 'buying past the waiting room',
    control: 'a signed pass for one visitor and event, asked for at the hold',
  },
  S22: {
    threat: 'wearing the server out',
    control: 'limits of size, depth and time before anything is parsed',
  },
  S23: {
    threat: 'SQL in what people send',
    control: 'parameters only, and a role of the database that may do little',
  },
  S24: {
    threat: 'services believed because they are inside',
    control: 'a token that names caller and audience on every internal route',
  },
  S27: {
    threat: 'secrets in logs, and secrets that everybody knows',
    control: 'redaction; a start with a known secret is refused',
  },
  S28: {
    threat: 'card numbers that end up here',
    control: 'no field takes one; nothing undeclared is kept',
  },
  S29: {
    threat: 'a person who cannot get out',
    control: 'one map of personal data makes both export and erasure',
  },
  S31: {
    threat: 'a stolen login of an administrator',
    control: 'second factors, and the password again for what cannot be undone',
  },
  S33: {
    threat: 'rights by a pressed link, when somebody else registered my address',
    control: 'a link proves an address only for the login that asked, or sets a new password',
  },
  S34: {
    threat: 'scarce things for whoever asks most',
    control: 'shares for each network, visitor and mailbox; a join has a price',
  },
  S36: {
    threat: 'tokens that can be read where data rests',
    control: 'made by who sends them, or kept one-way',
  },
  S37: {
    threat: 'organisers who see each other\'s people',
    control: 'everything belongs to an organiser; members see it by role',
  },
}
