import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import { uuidv7 } from '@fermata/platform/ids'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase32, encodeBase32 } from './base32.ts'
import { bytesToSign, encodeTicketCode, keyIdOf, readTicketCode, verifyTicketCode } from './ticket-code.ts'

function newKey () {
  const pair = generateKeyPairSync('ed25519')
  const raw = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return { ...pair, kid: keyIdOf(createHash('sha256').update(raw).digest()) }
}

const key = newKey()
const issue = (ticket_id: string, by = key) => {
  const signed = bytesToSign(by.kid, ticket_id)
  return encodeTicketCode(signed, sign(null, signed, by.privateKey))
}
const check = (kid: string, signed: Uint8Array, signature: Uint8Array) =>
  kid === key.kid && verify(null, signed, key.publicKey, signature)

const uuids = fc.uuid()
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const random = fc.uint8Array({ minLength: 90, maxLength: 90 })

test('encodeBase32: what is written is read back, in characters of QR\'s alphanumeric mode', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
    const whole = bytes.subarray(0, bytes.length - bytes.length % 5)
    const text = encodeBase32(whole)
    expect(text).toMatch(/^[0-9A-Z]*$/)
    expect(decodeBase32(text)).toEqual(Uint8Array.from(whole))
  }))
  expect(() => encodeBase32(new Uint8Array(4))).toThrow(RangeError)
})

test('decodeBase32: every text has one value and every value one text', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...alphabet.split('')), {
    minLength: 8, maxLength: 8,
  }), characters => {
    const text = characters.join('')
    expect(encodeBase32(decodeBase32(text)!)).toBe(text)
  }))
  for (const wrong of ['0000000', '0000000I', '0000000L', '0000000O', '0000000U', '0000000a', '0000000 ']) {
    expect(decodeBase32(wrong)).toBeNull()
  }
})

test('verifyTicketCode: a code says its ticket and its key', () => {
  fc.assert(fc.property(uuids, ticket_id => {
    const code = issue(ticket_id)
    expect(code).toHaveLength(144)
    expect(code.startsWith(key.kid)).toBe(true)
    expect(verifyTicketCode(code, check)).toMatchObject({ ticket_id, kid: key.kid, text: code })
  }), { numRuns: 50 })
})

test('verifyTicketCode: every change of every byte is refused', () => {
  const code = issue(uuidv7())
  const bytes = decodeBase32(code)!
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
      const altered = Uint8Array.from(bytes)
      altered[at]! ^= flip
      expect(verifyTicketCode(encodeBase32(altered), check), `byte ${at} xor ${flip}`).toBeNull()
    }
  }
})

test('verifyTicketCode: every other character at every place is refused', () => {
  const code = issue(uuidv7())
  for (let at = 0; at < code.length; at++) {
    const others = alphabet.split('').filter(character => character !== code[at])
    // All of them for the signed part, some for the signature, whose bytes are all tried above.
    for (const other of at < 42 ? others : [others[at % 31]!]) {
      expect(verifyTicketCode(code.slice(0, at) + other + code.slice(at + 1), check)).toBeNull()
    }
  }
})

test('verifyTicketCode: ten thousand random codes are refused, with our key id or any other', () => {
  const genuine = decodeBase32(issue(uuidv7()))!
  let refused = 0
  fc.assert(fc.property(random, fc.boolean(), (bytes, ours) => {
    if (ours) bytes.set(genuine.subarray(0, 10))
    expect(verifyTicketCode(encodeBase32(bytes), check)).toBeNull()
    refused++
  }), { numRuns: 10_000 })
  expect(refused).toBe(10_000)
})

test('verifyTicketCode: a code of another event, and one with our key id put on it, are refused', () => {
  const other = newKey()
  const code = issue(uuidv7(), other)
  expect(verifyTicketCode(code, check)).toBeNull()
  expect(verifyTicketCode(key.kid + code.slice(16), check)).toBeNull()
  expect(verifyTicketCode(code, (kid, signed, signature) =>
    kid === other.kid && verify(null, signed, other.publicKey, signature))).not.toBeNull()
})

test('verifyTicketCode: without the check of the signature an altered code would pass', () => {
  const code = issue(uuidv7())
  const altered = code.slice(0, 30) + (code[30] === '0' ? '1' : '0') + code.slice(31)
  expect(verifyTicketCode(altered, () => true)).not.toBeNull()
})

test('readTicketCode: forgives blanks and small letters, and nothing else', () => {
  const code = issue(uuidv7())
  expect(readTicketCode(`  ${code.toLowerCase().match(/.{1,6}/g)!.join(' ')}\r\n`)?.text).toBe(code)
  for (const wrong of ['', code.slice(1), `${code}0`, code.replace(/.$/, 'U'), `${code}${' '.repeat(300)}`, `${code.slice(0, 143)}é`]) {
    expect(readTicketCode(wrong)).toBeNull()
  }
})

test('readTicketCode: a code of a version not yet made is not guessed at', () => {
  const bytes = decodeBase32(issue(uuidv7()))!
  bytes[0] = 2
  expect(readTicketCode(encodeBase32(bytes))).toBeNull()
})

test('bytesToSign, encodeTicketCode: refuse parts that are not theirs', () => {
  expect(() => bytesToSign('short', uuidv7())).toThrow(RangeError)
  expect(() => encodeTicketCode(new Uint8Array(26), new Uint8Array(63))).toThrow(RangeError)
})
