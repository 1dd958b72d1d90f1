/**
 * What of a name that anybody may have typed stands in a mail, or on a ticket that is mailed. An
 * order is placed with the address of whoever the buyer likes, so a name is all that a stranger can
 * say to that mailbox: it is short, and nothing in it is or becomes a link, a number to call or a
 * change of direction.
 */

/** Longer than names that are written on one line. */
export const max_name_in_mail = 50

/**
 * Letters of any script with their marks (two that join or part letters are spelled in Persian and
 * Hindi names), parted by spaces, hyphens, apostrophes and middle dots. A full stop ends an initial
 * or a title before a space: between letters it would make a domain.
 */
const word = String.raw`\p{L}[\p{L}\p{M}\p{Join_Control}]*`
const joined = String.raw`${word}(?:['’ʼ·\-‐]${word})*['’]?\.?`
const plain_name = new RegExp(`^${joined}(?:,? ${joined})*$`, 'u')
/** Marks piled on one letter run over the lines beside it. */
const piled_marks = /\p{M}{5}/u

/** The name as a mail says it; empty where what was typed is none, and the mail goes without. */
export function nameInMail (typed: string): string {
  const name = typed.normalize('NFC').trim().replace(/ +/g, ' ')
  if ([...name].length > max_name_in_mail || piled_marks.test(name)) return ''
  return plain_name.test(name) ? name : ''
}

const printed_characters = /[^\p{L}\p{M}\p{Nd}\p{Join_Control}'’ʼ·\-‐., ]+/gu
/** A full stop between characters, which readers of PDF files turn into a link. */
const inner_stop = /\.(?=[^\s.,])/gu

/**
 * The name as a ticket prints it: whoever stands at the door compares it, so something of it is
 * always there. What could be a link falls apart.
 */
export function nameOnTicket (typed: string): string {
  const plain = nameInMail(typed)
  if (plain !== '') return plain
  const mended = typed.normalize('NFC').replace(printed_characters, ' ').replace(inner_stop, '. ')
    .replace(/(\p{M}{4})\p{M}+/gu, '$1').replace(/\s+/g, ' ').trim()
  return [...mended].slice(0, max_name_in_mail).join('').trim() || '–'
}
