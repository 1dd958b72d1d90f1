import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { isKnownSecret, passwordIn } from './known-secrets.ts'

test.each([
  'development-only-jwt-internal-signature', 'change-me-change-me-change-me-change-me',
  'CHANGE_THIS_TO_A_LONG_RANDOM_STRING_', 'your-256-bit-secret-your-256-bit-secret'.replace('-256-bit', ''),
  'super_secret_key_that_is_long_enough', 'a'.repeat(64), 'abababababababababababababababab',
  '12345678901234567890123456789012', 'abcdefghijklmnopqrstuvwxyzabcdef', 'deadbeef'.repeat(8),
  'keyboard cat keyboard cat keyboard cat', 'postgres', 'secret', 'Password123', 'example-metrics-token',
])('known secrets: "%s" is one', secret => {
  expect(isKnownSecret(secret)).toBe(true)
})

test('known secrets: what a machine makes is none', () => {
  for (let count = 0; count < 20_000; count++) for (const form of ['hex', 'base64', 'base64url'] as const)
    expect(isKnownSecret(randomBytes(32).toString(form))).toBe(false)
})

test('passwordIn: reads addresses, and takes what is none for one without', () => {
  expect(passwordIn('postgres://a:b%40c@db.example.org/x')).toBe('b@c')
  expect(passwordIn('postgres://a@db.example.org/x')).toBe('')
  expect(passwordIn('nothing')).toBe('')
})
