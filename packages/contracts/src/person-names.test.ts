import fc from 'fast-check'
import { expect, test } from 'vitest'
import { max_name_in_mail, nameInMail, nameOnTicket } from './person-names.ts'

test('nameInMail: names of people stay as they are', () => {
  const names = ['Ann', 'Zoé Löwe', 'Jean-Luc d’Ormesson', "Miles O'Brien", 'J. R. R. Tolkien', 'Dr. Ada King, Jr.',
    'Gal·la Paral·lel', 'Мария Кюри', '山田太郎', 'محمد علی\u200cزاده', 'नरेन्द्र शर्मा', 'Đỗ Thị Ánh', 'X']
  for (const name of names) expect(nameInMail(name)).toBe(name.normalize('NFC'))
  expect(nameInMail('  Ann   Example ')).toBe('Ann Example')
})

/** Each is what an order of a stranger said, or would say next. */
const advertisements = [
  'Win 1000 EUR at https://shop.example/win', 'shop.example', 'Visit Shop.Example now', 'www.shop',
  'shop。example', 'shop．example', 'prizes@shop.example', 'call 0900 123456', 'A\r\nBcc: x@y.example', 'A\u0000B',
  '\u202egnp.exe', 'Ann\u2066Example', 'Ann \u200eExample', '<b>Ann</b>', '{{code}}', 'Ann: hello', 'Ann!', '$$$',
  'a'.repeat(51), `Z${'\u0300'.repeat(9)}`, 'Ann\u2028Bob', 'Ann\tBob', '.', '-', '', '💰 Ann', 'Ann/Bob', 'tel:+33',
]

test('nameInMail: what is none is left out', () => {
  for (const text of advertisements) expect([text, nameInMail(text)]).toEqual([text, ''])
})

test('nameOnTicket: something of it is always printed, and it is no link', () => {
  expect(nameOnTicket('Ann')).toBe('Ann')
  expect(nameOnTicket('Win at https://shop.example/win')).toBe('Win at https shop. example win')
  expect(nameOnTicket('Ann 2')).toBe('Ann 2')
  expect(nameOnTicket('💰')).toBe('–')
})

test('nameInMail, nameOnTicket: are short and hold nothing that a reader turns into a link', () => {
  const pieces = fc.oneof(fc.constantFrom(...advertisements), fc.string({ unit: 'binary' }), fc.string(),
    fc.constantFrom('.', ' ', '@', '/', ':', '\n', '\u202e', 'ann', 'example', 'é'))
  fc.assert(fc.property(fc.array(pieces, { maxLength: 8 }), texts => {
    for (const name of [nameInMail(texts.join('')), nameOnTicket(texts.join(''))]) {
      expect([...name].length).toBeLessThanOrEqual(max_name_in_mail)
      expect(name).not.toMatch(/[@/:<>{}]|[.。．][^\s.,]/)
      expect(name).not.toMatch(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u)
    }
  }))
})
