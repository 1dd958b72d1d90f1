/** Gmail has two names, and delivers with and without dots. */
const gmail = new Set(['gmail.com', 'googlemail.com'])

/**
 * One key for the spellings of an address that reach the same letter box: capital letters, what
 * follows a `+`, and the dots of Gmail do not make another buyer. Only for counting: mails go to
 * the address as it was written.
 */
export function normalizedEmail (email: string): string {
  const text = email.normalize('NFKC').trim().toLowerCase()
  const at = text.lastIndexOf('@')
  const domain = text.slice(at + 1)
  const mailbox = text.slice(0, at).replace(/(?<=.)\+.*$/, '')
  return gmail.has(domain) ? `${mailbox.replaceAll('.', '')}@gmail.com` : `${mailbox}@${domain}`
}
