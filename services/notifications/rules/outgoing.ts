import { oneLine } from '@fermata/contracts/one-line'

/** A mail as it leaves the house. */
export interface OutgoingMail {
  from: string
  to: string
  subject: string
  text: string
  html: string
  /** Kept for every try, so that a repetition after a lost answer is known as one. */
  message_id: string
  attachments: Attachment[]
}

export interface Attachment { filename: string, content_type: string, content: Uint8Array }

/**
 * The words of one notice in its recipient's language: what the app shows and mails are made of.
 */
export interface Content {
  title: string
  /** Plain text; a line break in one stays a line break. */
  paragraphs: string[]
  /** One more paragraph, where the tickets could be attached. */
  attached?: string
  /** Rows of a small table, such as date and place. */
  facts: [label: string, value: string][]
  action?: Action
  /** Further ways, one on each line. */
  links?: Action[]
  /** Why this mail came, at its foot. */
  footer: string
}

/** Where the button leads; always a path on this site, whatever a name or a title says. */
export interface Action {
  label: string
  path: string
  /**
   * The order whose access token is put behind the path when the mail is made; it is not stored.
   */
  order_id?: string
  /** The link whose token is made for this mail by who keeps it, and put there, too. */
  link_id?: string
  /** Who keeps the link; auth when absent. */
  link_of?: 'users'
}

/**
 * Words of ours around words of others: headings and rows of the table are one line each, so that
 * no title begins a line that looks like ours.
 */
export const inLines = (content: Content): Content => ({
  ...content, title: oneLine(content.title),
  facts: content.facts.map(([label, value]) => [label, oneLine(value)]),
})

/** What could not be made, the tickets for one, failed in our own house, mostly for a moment. */
const own_retry_s = 3

/**
 * Seconds until the next try: doubling from the first, an hour at most; sooner at first when the
 * mail was not even composed.
 */
export const retryDelay = (first_seconds: number, attempts: number, was_composed = true) =>
  !was_composed && attempts === 1 ? Math.min(own_retry_s, first_seconds)
    : Math.min(3600, first_seconds * 2 ** Math.max(0, attempts - 1))

/**
 * With the default of 30 s these are about seven hours: longer than a mail server is usually away.
 */
const max_attempts = 14
/**
 * A mail server that says "never" is asked again all the same: some say it while they are set up.
 */
const max_refusals = 3

/** Whether a delivery is given up after so many tries. */
export const isLastAttempt = (attempts: number, is_refused: boolean) =>
  attempts >= (is_refused ? max_refusals : max_attempts)

/** From this try on tickets are mailed as a link, when the PDF cannot be had. */
export const patience_for_attachments = 3
