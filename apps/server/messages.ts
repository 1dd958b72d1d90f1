/** What a start says to whoever began it, and how it ends when they ask for it. */

export const demoMessage = (url: string) =>
  `  Demo data are on. Sign in with user@example.com, eventcreator@example.com, operator@example.com
  or admin@example.com, password "password". The API is at ${url}/docs.
`

/** Where mails go, which nobody should have to find out by sending one. */
export function mailNote (
  { MAIL_HOSTNAME, MAIL_PORT = '587' }: Readonly<Record<string, string | undefined>>,
  { url, demo }: { url: string, demo: boolean },
): string {
  if (demo && MAIL_HOSTNAME) return `Mails stay here, at ${url}/mailbox: MAIL_HOSTNAME is not used ` +
    'while demo data are on, whose people do not exist. FERMATA_DEMO=false begins without them.'
  if (MAIL_HOSTNAME) return `Mails are sent by ${MAIL_HOSTNAME}:${MAIL_PORT}.`
  return `Mails stay here, at ${url}/mailbox: no MAIL_HOSTNAME is set.`
}

/** What an installation that begins empty says, until somebody is. */
export const nobody_is_administrator =
  'Nobody is administrator yet. On this machine: npm run admin -- appoint you@example.org'

/** What the operator can mend is a sentence; only a bug deserves a stack. */
export function explainFailure (error: unknown): never {
  const expected = error instanceof Error && error.constructor === Error
  console.error(
    expected
      ? `\n  Fermata could not start.\n  ${error.message.replaceAll('\n', '\n  ')}\n`
      : error,
  )
  process.exit(1)
}
