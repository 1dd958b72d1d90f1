/**
 * Numbers of payment cards. Nothing here takes one: a provider does, on its own page. Yet people
 * type them into whatever field there is, and what is never stored or logged cannot be stolen.
 */

/**
 * Diners' numbers of 14 digits are taken for some only as cards have them printed: a French SIRET
 * has as many digits and the same check digit.
 */
const diners = /^3(?:0[0-5]|[689]\d)\d[ .\-\u00a0\u202f]\d{6}[ .\-\u00a0\u202f]\d{4}$/

/** Thirteen to nineteen digits, with a space, dot or hyphen between some, and no others around. */
const candidates = /(?<![\p{L}\d+]|\d[ .\-\u00a0\u202f])\d(?:[ .\-\u00a0\u202f]?\d){12,18}(?![\p{L}\d]|[ .\-\u00a0\u202f]\d)/gu

/** How numbers of the schemes begin, and how long they are (ISO/IEC 7812). */
const schemes = new RegExp(`^(?:${[
  '4\\d{15}(?:\\d{3})?', '5[1-5]\\d{14}', '2(?:22[1-9]|2[3-9]\\d|[3-6]\\d\\d|7[01]\\d|720)\\d{12}',
  '3[47]\\d{13}', '35\\d{14}', '6(?:011|4[4-9]\\d|5\\d\\d)\\d{12}',
  '62\\d{14,17}', '(?:5018|5020|5038|5893|6304|6759|676[1-3])\\d{9,15}',
].join('|')})$`)

/** The check digit that every card's number ends with. */
function passesLuhn (digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at])
    sum += at % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)
  }
  return sum % 10 === 0
}

/** Ids, and addresses of pictures, are full of digits and are no place where cards are typed. */
const is_id = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i
const is_url = /^https?:\/\/[^\s]+$/
const shortest = 13

/** Every text of every request is asked about, and nearly all of them have too few digits. */
function hasDigits (text: string, least: number): boolean {
  let digits = 0
  for (let at = 0; at < text.length && digits < least; at++) {
    const code = text.charCodeAt(at)
    if (code >= 48 && code <= 57) digits++
  }
  return digits >= least
}

export function holdsCardNumber (text: string): boolean {
  if (text.length < shortest || !hasDigits(text, shortest)) return false
  if (is_id.test(text) || is_url.test(text)) return false
  return (text.match(candidates) ?? []).some(found => {
    const digits = found.replace(/\D/g, '')
    return (schemes.test(digits) || diners.test(found)) && passesLuhn(digits)
  })
}
