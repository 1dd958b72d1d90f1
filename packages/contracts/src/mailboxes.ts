/**
 * One address has many spellings. Two questions are decided here, and nowhere else: which text is
 * kept of an address, and which addresses are one letter box where something is counted.
 */

/**
 * The address as it is stored and compared: letters by case are told by no mail server that
 * matters.
 */
export const storedAddress = (email: string) => email.trim().toLowerCase()

/** Domains that deliver to one account under several names, by the name that stands for all. */
const namesOf = new Map(Object.entries({
  'gmail.com': ['googlemail.com'],
  'icloud.com': ['me.com', 'mac.com'],
  'proton.me': ['protonmail.com', 'protonmail.ch', 'pm.me'],
  'yandex.ru': ['ya.ru', 'yandex.com', 'yandex.by', 'yandex.kz', 'narod.ru'],
}).flatMap(([name, others]) => others.map(other => [other, name] as const)))

/** Providers that deliver with and without dots in the name. */
const without_dots = new Set(['gmail.com', 'proton.me'])

/** Such a text is normal as it is. */
const is_plain = /^[ -~]*$/

/**
 * One key for the spellings of an address that reach the same letter box: capital letters, what
 * follows a `+`, a provider's other names, and the dots that some providers ignore do not make
 * another buyer. Only for counting: mails go to the address as it was written.
 */
export function mailboxOf (email: string): string {
  const text = storedAddress(is_plain.test(email) ? email : email.normalize('NFKC'))
  const at = text.lastIndexOf('@')
  const host = text.slice(at + 1)
  const written = host.endsWith('.') ? host.slice(0, -1) : host
  const domain = namesOf.get(written) ?? written
  const written_name = text.slice(0, at)
  const plus = written_name.indexOf('+', 1)
  const name = plus < 0 ? written_name : written_name.slice(0, plus)
  return `${without_dots.has(domain) ? name.replaceAll('.', '') : name}@${domain}`
}
