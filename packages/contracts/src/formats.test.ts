import { Compile } from 'typebox/compile'
import { expect, test } from 'vitest'
import { Email, Timestamp, Uuid } from './fields.ts'
import { mailboxOf, storedAddress } from './mailboxes.ts'

const takes = { moment: Compile(Timestamp), address: Compile(Email), id: Compile(Uuid) }

test.each([
  '2027-01-01T00:00:00Z', '2027-01-01T00:00:00.123Z', '2027-01-01T00:00:00.123456789+14:00',
  '2028-02-29T23:59:59-11:30', '1000-01-01T00:00:00Z', '2999-12-31T23:59:59Z', '2999-12-31T23:59:59.999Z',
])('a moment: %s', text => {
  expect(takes.moment.Check(text)).toBe(true)
  const in_utc = new Date(text).toISOString()
  expect(takes.moment.Check(in_utc), in_utc).toBe(true)
})

test.each([
  ['an offset of no place', '2027-01-01T00:00:00+23:00'],
  ['an offset that leads to the year 999', '1000-01-01T00:00:00+14:00'],
  ['an offset that leads to the year 3000', '2999-12-31T23:59:59-14:00'],
  ['a zone in brackets', '2027-01-01T00:00:00Z[Europe/Paris]'],
  ['a leap second', '2026-12-31T23:59:60Z'],
  ['a leap second of another zone', '2016-12-31T18:29:60-05:30'],
  ['the hour 24', '2027-01-01T24:00:00Z'],
  ['the 30th of February', '2027-02-30T00:00:00Z'],
  ['the 29th of February of a common year', '2027-02-29T00:00:00Z'],
  ['a fraction that rounds to the year 3000', '2999-12-31T23:59:59.9999999Z'],
  ['no time', '2027-01-01'], ['no zone', '2027-01-01T00:00:00'],
  ['no seconds', '2027-01-01T00:00Z'], ['a space', '2027-01-01 00:00:00Z'],
  ['small letters', '2027-01-01t00:00:00z'], ['a comma', '2027-01-01T00:00:00,5Z'],
  ['the year 0', '0000-01-01T00:00:00Z'], ['five digits', '+275760-09-13T00:00:00Z'],
  ['a year before Christ', '-0044-03-15T00:00:00Z'],
  ['what PostgreSQL also reads', 'infinity'], ['ten digits', '2027-01-01T00:00:00.1234567890Z'],
  ['digits of another script', '２０２７-01-01T00:00:00Z'], ['a line end', '2027-01-01T00:00:00Z\n'],
])('no moment: %s', (_, text) => {
  expect(takes.moment.Check(text)).toBe(false)
})

test('a moment: the days of every month are those that a calendar has', () => {
  const two = (number: number) => String(number).padStart(2, '0')
  for (const year of [1000, 1900, 2000, 2027, 2028, 2100, 2999]) {
    for (let month = 1; month <= 12; month++) {
      for (let day = 27; day <= 31; day++) {
        const text = `${year}-${two(month)}-${two(day)}`
        const is_a_day = new Date(`${text}T00:00:00Z`).getUTCDate() === day
        expect(takes.moment.Check(`${text}T00:00:00Z`), text).toBe(is_a_day)
      }
    }
  }
})

const longest_name = 'a'.repeat(64)
const longest_domain = `${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.fr`

test.each([
  'ann@example.org', 'ANN@Example.ORG', 'ann+door@example.org', "o'brien@example.org",
  'a.b.c@sub.example.co.uk', 'ann@xn--mnchen-3ya.de', 'ann@example.xn--p1ai',
  `${longest_name}@example.org`, `${longest_name}@${longest_domain}`,
])('an address: %s', text => {
  expect(takes.address.Check(text)).toBe(true)
})

test.each([
  ['no domain', 'ann'], ['a bare host', 'none@none'], ['this host', 'ann@localhost'],
  ['a host number in brackets', 'user@[127.0.0.1]'], ['a host number', 'user@127.0.0.1'],
  ['an IPv6 number', 'user@[IPv6:::1]'], ['a quoted name', '"x"@example.org'],
  ['a comment', 'ann(x)@example.org'], ['two dots', 'a@b..c'], ['two dots in the name', 'a..b@example.org'],
  ['a dot at the end', 'ann@example.org.'], ['a dot at the end of the name', 'ann.@example.org'],
  ['a dot at the start', '.ann@example.org'], ['a hyphen at an end of a label', 'ann@-example.org'],
  ['an underscore in the domain', 'ann@ex_ample.org'], ['a number as top', 'ann@example.123'],
  ['one letter as top', 'ann@example.c'], ['a domain beyond ASCII', 'ann@münchen.de'],
  ['a name beyond ASCII', 'änn@example.org'], ['a Cyrillic а', '\u0430nn@example.org'],
  ['full width', 'ann＠example.org'], ['two addresses', 'ann@example.org,bob@example.org'],
  ['two at signs', 'ann@bob@example.org'], ['a display name', 'Ann <ann@example.org>'],
  ['a space', 'ann @example.org'], ['a line end', 'ann@example.org\n'], ['a header', 'ann@example.org\r\nBcc: b@example.org'],
  ['a zero byte', 'ann\0@example.org'], ['a name of 65', `a${longest_name}@example.org`],
  ['255 in all', `${longest_name}@d${longest_domain}`], ['a label of 64', `ann@${'b'.repeat(64)}.fr`],
])('no address: %s', (_, text) => {
  expect(takes.address.Check(text)).toBe(false)
})

test('an id has one spelling: another would be counted as another', () => {
  const id = '01a228d2-3aa5-7000-bcf9-07c2ab72e474'
  expect(takes.id.Check(id)).toBe(true)
  const others = [id.toUpperCase(), id.replace('a', 'A'), `{${id}}`, `urn:uuid:${id}`,
    id.replaceAll('-', ''), ` ${id}`, `${id}\n`]
  for (const other of others) {
    expect(takes.id.Check(other), other).toBe(false)
  }
})

test('storedAddress: letters by case and spaces around are not kept', () => {
  expect(storedAddress(' Ann@Example.ORG ')).toBe('ann@example.org')
  expect(storedAddress('Ann+Door@example.org')).toBe('ann+door@example.org')
})

test.each([
  ['ann@example.org', ['ANN@example.org', 'ann+1@example.org', 'ann+1+2@EXAMPLE.ORG', 'ａｎｎ@example.org']],
  ['ann@gmail.com', ['a.n.n@gmail.com', 'Ann+x@googlemail.com', 'an.n+x.y@googlemail.com']],
  ['ann@icloud.com', ['ann@me.com', 'ann+1@mac.com']],
  ['ann@proton.me', ['a.nn@protonmail.com', 'ann+x@pm.me']],
])('mailboxOf: spellings that reach %s', (mailbox, spellings) => {
  for (const spelling of spellings) expect(mailboxOf(spelling), spelling).toBe(mailbox)
})

test('mailboxOf: other people stay others', () => {
  const people = ['ann@example.org', 'a.nn@example.org', '+ann@example.org', 'ann@example.com', 'ann@mail.example.org']
  expect(new Set(people.map(mailboxOf)).size).toBe(people.length)
})
