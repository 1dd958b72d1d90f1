import { hash } from '@node-rs/argon2'
import { expect, test } from 'vitest'
import { createPasswordHasher } from './password-hasher.ts'

test('passwordHasher: verifies what it hashed, in any composition of the same letters', async () => {
  const passwords = await createPasswordHasher()
  const stored = await passwords.hash('caf\u00e9 au lait')
  expect(await passwords.verify(stored, 'cafe\u0301 au lait')).toBe(true)
  expect(await passwords.verify(stored, 'cafe au lait')).toBe(false)
  expect(await passwords.verify(null, 'cafe au lait')).toBe(false)
  expect(await passwords.hash('caf\u00e9 au lait')).not.toBe(stored)
})

test('passwordHasher: works on few at once, lets few wait and refuses the rest at once', async () => {
  const passwords = await createPasswordHasher({ at_once: 2, waiting: 3 })
  const settled = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => passwords.hash(`password ${index}`)))
  expect(settled.map(one => one.status))
    .toEqual(Array.from({ length: 20 }, (_, index) => index < 5 ? 'fulfilled' : 'rejected'))
  expect(settled[5]).toMatchObject({
    reason: { definition: { status: 503 }, headers: { 'retry-after': '2' } } })
  // Whoever comes after the storm is served again.
  expect(await passwords.hash('later')).toMatch(/^\$argon2id\$/)
})

test('passwordHasher: tells hashes of other parameters', async () => {
  const passwords = await createPasswordHasher()
  expect(passwords.isOutdated(await passwords.hash('a password'))).toBe(false)
  expect(passwords.isOutdated(await hash('a password', { memoryCost: 8192, timeCost: 1 }))).toBe(true)
})
