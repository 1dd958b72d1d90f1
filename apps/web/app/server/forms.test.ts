import { register } from '@fermata/contracts/auth'
import { NewEvent } from '@fermata/contracts/events'
import { Buyer } from '@fermata/contracts/fields'
import { holds_card_number, invalid } from '@fermata/contracts/problems'
import { expect, test } from 'vitest'
import { translators } from '../i18n/translators.server.ts'
import { safePath } from './answers.server.ts'
import { isOutdated } from './session.server.ts'
import { check, fieldsRefused, inputRules, keepTyped, keyOf, refuse, textsOf } from './forms.server.ts'

const { t } = translators.en

test('check: each field is told what is wrong with it, in the reader\'s language', () => {
  const buyer = { name: ' ', email: 'nobody', locale: 'en' }
  expect(check(t, Buyer, buyer)).toEqual({ name: 'Please fill this in.', email: 'An email address looks like name@example.com.' })
  expect(check(translators.fr.t, Buyer, buyer).name).toBe('Veuillez remplir ce champ.')
})

test('check: what is right has no errors, what is missing is named', () => {
  expect(check(t, Buyer, { name: 'Ada', email: 'ada@example.com', locale: 'fr' })).toEqual({})
  expect(check(t, register.body!, { email: 'ada@example.com', username: 'Ada', password: 'short' }))
    .toEqual({ password: 'At least 8 characters, please.' })
  expect(Object.keys(check(t, Buyer, {}))).toEqual(['name', 'email', 'locale'])
})

test('check: nested fields are named by their path', () => {
  const errors =
    check(t, NewEvent, { title: 'A', venue: { name: '', address: 'x', city: 'x', country: 'France' } })
  expect(errors['venue.name']).toBe('Please fill this in.')
  expect(errors['venue.country']).toBe('This is not valid.')
})

test('inputRules: a browser checks what the contract asks', () => {
  const rules = inputRules(NewEvent)
  expect(rules.title).toMatchObject({ required: true, minLength: 1, maxLength: 200 })
  expect(rules['venue.country']).toMatchObject({ required: true, pattern: '[A-Z]{2}' })
  expect(rules.currency?.required).toBe(false)
})

test('textsOf: texts are trimmed, passwords are left as typed, and files are no texts', () => {
  const form = new FormData()
  form.set('name', '  Ada ')
  form.set('password', ' secret ')
  form.set('file', new File(['x'], 'x.txt'))
  expect(textsOf(form)).toEqual({ name: 'Ada', password: ' secret ' })
})

test('refuse: what was typed comes back, but no password', () => {
  const answer = refuse(t, { email: 'a@example.com', password: 'secret', new_password: 'x' }, {})
  expect(answer.values).toEqual({ email: 'a@example.com' })
})

test('fieldsRefused: fields that only the API refuses are marked too', () => {
  const problem =
    { type: invalid.type, title: '', status: 400, errors: [{ field: 'venue.city', message: 'is not valid' }] }
  expect(fieldsRefused(t, problem)).toEqual({ 'venue.city': 'This is not valid.' })
  const of_card = { ...problem, errors: [{ field: 'buyer.name', message: holds_card_number }] }
  expect(fieldsRefused(t, of_card, 'buyer.').name).toMatch(/number of a card/)
  expect(fieldsRefused(t, { type: 'about:blank', title: '', status: 500 })).toEqual({})
})

test('keepTyped: while the API is away the form comes back as typed, with a new key', () => {
  const texts = { title: 'A', idempotency_key: 'a-key-of-a-page' }
  const failed = (status: number) =>
    ({ status, problem: { type: 'about:blank', title: '', status } })
  const away = keepTyped(t, texts, failed(503))
  expect(away?.data).toMatchObject({ values: { title: 'A' }, problem: t('errors.form.retry') })
  expect(away?.data.values.idempotency_key).not.toBe('a-key-of-a-page')
  expect(keepTyped(t, texts, failed(404))).toBeNull()
  expect(keyOf(texts)).toBe('a-key-of-a-page')
  expect(keyOf({ idempotency_key: 'x y' })).toMatch(/^[0-9a-f-]{36}$/)
})

test('isOutdated: a token made before the address was proven is to be renewed', () => {
  const me = { email_verified: true } as Parameters<typeof isOutdated>[0]['me']
  const tokenOf = (claims: object) =>
    `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
  expect(isOutdated({ me, token: tokenOf({ email_verified: false }) })).toBe(true)
  expect(isOutdated({ me, token: tokenOf({ email_verified: true }) })).toBe(false)
  const unproven = { ...me!, email_verified: false }
  expect(isOutdated({ me: unproven, token: tokenOf({ email_verified: false }) })).toBe(false)
  expect(isOutdated({ me, token: 'junk' })).toBe(false)
  expect(isOutdated({ me: null, token: null })).toBe(false)
})

test('safePath: nothing leads away from this site', () => {
  expect(safePath('/orders/1?a=b')).toBe('/orders/1?a=b')
  for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', null, '/a b', '/\n/x']) {
    expect(safePath(path)).toBe('/')
  }
})
