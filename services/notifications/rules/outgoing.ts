/** A mail as it leaves the house. */
export interface OutgoingMail {
  from: string
  to: string
  subject: string
  text: string
  html: string
  /** The same for every try, so that a repetition after a lost answer is known as one. */
  message_id: string
  attachments: { filename: string, content_type: string, content: Uint8Array }[]
}

/** The words of one notice in its recipient's language: what the app shows and what the mail is made of. */
export interface Content {
  title: string
  /** Paragraphs of plain text. */
  paragraphs: string[]
  /** Rows of a small table, such as date and place. */
  facts: [string, string][]
  action?: { label: string, path: string }
  /** Why this mail came, at its foot. */
  footer: string
}

const first_line = /[\r\n].*/s

/** Header fields are one line: what follows a line break in a name or title is cut off. */
export const headerText = (text: string) => text.replace(first_line, '').trim()

/** Seconds until the next try: doubling from the first, an hour at most. */
export const retryDelay = (first_seconds: number, attempts: number) => Math.min(3600, first_seconds * 2 ** Math.max(0, attempts - 1))

/** With the default of 30 s these are about nine hours: longer than a mail server is usually away. */
export const max_attempts = 14
