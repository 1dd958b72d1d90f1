import { createHmac, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Role } from '@fermata/contracts/fields'
import fc from 'fast-check'
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { createEndedLogins } from './ended-logins.ts'
import { uuidv7 } from './ids.ts'
import { fixedKeys } from './person-keys.ts'
import { createTokens, deriveEd25519, deriveKey, orderSignatureFrom } from './tokens.ts'

const secrets = {
  JWT_EXTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  JWT_INTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  ORDER_SIGNATURE: randomBytes(32).toString('hex'),
}
const tokens = createTokens(secrets)
const ann = {
  user_id: uuidv7(), roles: ['user'] as Role[], login_id: uuidv7(), email: 'ann@example.com',
  email_verified: true
}
const external_key = deriveEd25519(secrets.JWT_EXTERNAL_SIGNATURE, 'external-jwt')
const { kid } = tokens.jwks().keys[0]!

/** A token that is right in everything but what is changed. */
function access (
  change: {
    header?: object, claims?: object, expires?: string, audience?: string, issuer?: string,
    key?: typeof external_key
  } = {}
) {
  return new SignJWT({ roles: ['user'], sid: uuidv7(), email: 'ann@example.com', ...change.claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid, ...change.header })
    .setIssuer(change.issuer ?? 'fermata').setAudience(
      change.audience ?? 'fermata:api'
    ).setSubject(ann.user_id)
    .setIssuedAt().setExpirationTime(
      change.expires ?? '10 minutes'
    ).sign(change.key ?? external_key)
}
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('verifyAccess: gives back whom the token was signed for, also when asked again', async () => {
  const token = await tokens.signAccess(ann)

  expect(await tokens.verifyAccess(token)).toEqual(ann)
  expect(await tokens.verifyAccess(token)).toEqual(ann)
  expect(await tokens.verifyAccess(await access())).toMatchObject({ user_id: ann.user_id })
})

test('verifyAccess: another process with the same secret agrees', async () => {
  const token = await tokens.signAccess(ann)

  expect(await createTokens(secrets).verifyAccess(token)).toEqual(ann)
  expect(
    await createTokens({ ...secrets, JWT_EXTERNAL_SIGNATURE: 'y'.repeat(32) }).verifyAccess(token)
  ).toBeNull()
})

const now_s = () => Math.floor(Date.now() / 1000)
const publicPem = () => createPublicKey(external_key).export({ type: 'spki', format: 'pem' })
const forged: Record<string, () => string | Promise<string>> = {
  'no algorithm': async () => {
    const [, claims] = (await access()).split('.')
    return `${encode({ alg: 'none', typ: 'at+jwt' })}.${claims}.`
  },
  'HS256 with the public key as its secret': async () => {
    const [, claims] = (await access()).split('.')
    const signed = `${encode({ alg: 'HS256', typ: 'at+jwt' })}.${claims}`
    return `${signed}.${createHmac('sha256', publicPem()).update(signed).digest('base64url')}`
  },
  'another key': () => access({ key: generateKeyPairSync('ed25519').privateKey }),
  'another audience': () => access({ audience: 'fermata:internal:orders' }),
  'another issuer': () => access({ issuer: 'somebody' }),
  'another type': () => access({ header: { typ: 'JWT' } }),
  'no type': () => access({ header: { typ: undefined } }),
  'expired a minute ago': () => access({ expires: '-1 minute' }),
  'not valid yet': () => access({ claims: { nbf: now_s() + 600 } }),
  'no login': () => access({ claims: { sid: undefined } }),
  'no roles': () => access({ claims: { roles: undefined } }),
  'tampered claims': async () => {
    const [header, claims, signature] = (await access()).split('.') as [string, string, string]
    const told = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object
    return `${header}.${encode({ ...told, roles: ['admin'] })}.${signature}`
  },
  'a service token': () => tokens.signInternal('orders', 'payments'),
  'an order token': () => tokens.signOrder(uuidv7()),
  'a critical header nobody knows': async () => {
    const [header, claims, signature] = (await access()).split('.') as [string, string, string]
    const told = JSON.parse(Buffer.from(header, 'base64url').toString()) as object
    return `${encode({ ...told, crit: ['exp'] })}.${claims}.${signature}`
  },
  'nothing': () => '',
  'dots': () => '..',
}

test.each(Object.entries(forged))('verifyAccess: refuses %s', async (_, make) => {
  expect(await tokens.verifyAccess(await make())).toBeNull()
})

test('verifyAccess: an altered character anywhere in the claims is noticed', async () => {
  const token = await access()
  const from = token.indexOf('.') + 1
  const to = token.lastIndexOf('.')
  for (let at = from; at < to; at++) {
    const altered = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    expect(await tokens.verifyAccess(altered), `character ${at}`).toBeNull()
  }
})

test('verifyInternal: admits the caller at the named service, for a minute', async () => {
  const token = await tokens.signInternal('orders', 'payments')

  expect(await tokens.verifyInternal(token, 'payments')).toBe('orders')
  expect(await tokens.verifyInternal(token, 'tickets')).toBeNull()
  expect(await tokens.verifyInternal(await tokens.signAccess(ann), 'payments')).toBeNull()
  expect(await tokens.verifyInternal(tokens.signOrder(uuidv7()), 'payments')).toBeNull()
  const stale = await new SignJWT({}).setProtectedHeader({
    alg: 'HS256', typ: 'svc+jwt'
  }).setIssuer('fermata').setSubject('orders')
    .setAudience('fermata:internal:payments').setIssuedAt().setExpirationTime('-1 minute')
    .sign(deriveKey(secrets.JWT_INTERNAL_SIGNATURE, 'internal-jwt'))
  expect(await tokens.verifyInternal(stale, 'payments')).toBeNull()
})

test('verifyInternal: the external secret does not make service tokens', async () => {
  const outsider = createTokens({
    ...secrets, JWT_INTERNAL_SIGNATURE: secrets.JWT_EXTERNAL_SIGNATURE
  })

  expect(
    await tokens.verifyInternal(await outsider.signInternal('orders', 'payments'), 'payments')
  ).toBeNull()
})

test('signOrder: every order gets back its id, and no other text is a token', () => {
  fc.assert(fc.property(fc.uuid(), fc.string(), (id, text) => {
    expect(tokens.verifyOrder(tokens.signOrder(id))).toBe(id)
    expect(tokens.isOrderToken(tokens.signOrder(id))).toBe(true)
    expect(tokens.verifyOrder(`fo_${text}`)).toBeNull()
  }))
})

test('verifyOrder: no bit of a token can be changed, and there is one spelling of it', () => {
  const id = uuidv7()
  const token = tokens.signOrder(id)
  const bytes = Buffer.from(token.slice(3), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const altered = Buffer.from(bytes)
      altered[at]! ^= 1 << bit
      expect(tokens.verifyOrder(`fo_${altered.toString('base64url')}`)).toBeNull()
    }
  }
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= .'
  for (let at = 3; at < token.length; at++) {
    for (const character of alphabet) {
      const altered = token.slice(0, at) + character + token.slice(at + 1)
      if (altered !== token) expect(tokens.verifyOrder(altered)).toBeNull()
    }
  }
  expect(tokens.verifyOrder(`${token}=`)).toBeNull()
  expect(tokens.verifyOrder(token.slice(0, -1))).toBeNull()
})

test('verifyOrder: a token of another installation is refused', () => {
  const other = createTokens({ ...secrets, ORDER_SIGNATURE: 'z'.repeat(32) })

  expect(tokens.verifyOrder(other.signOrder(uuidv7()))).toBeNull()
})

test('verifyOrder: tokens of before orders had a secret of their own are still good', () => {
  const before = createTokens({ ...secrets, ORDER_SIGNATURE: orderSignatureFrom(
    `${'n'.repeat(32)},${secrets.JWT_EXTERNAL_SIGNATURE}`) })
  const id = Buffer.from(uuidv7().replaceAll('-', ''), 'hex')
  const mac = createHmac('sha256', deriveKey(secrets.JWT_EXTERNAL_SIGNATURE, 'order-access'))
    .update(id).digest().subarray(0, 16)
  const token = `fo_${Buffer.concat([id, mac]).toString('base64url')}`

  expect(before.verifyOrder(token)?.replaceAll('-', '')).toBe(id.toString('hex'))
  expect(tokens.verifyOrder(token)).toBeNull()
})

test('secrets: a service without the key of logins can check them and make none', async () => {
  const { JWT_EXTERNAL_SIGNATURE: _, ...others } = secrets
  const service = createTokens(others, fixedKeys(tokens.jwks().keys))

  expect(await service.verifyAccess(await tokens.signAccess(ann))).toEqual(ann)
  expect(service.jwks().keys).toEqual([])
  expect(() => service.signAccess(ann)).toThrow('Only auth')
  expect(() => createTokens({ JWT_INTERNAL_SIGNATURE: 'x'.repeat(32) }).signOrder(uuidv7()))
    .toThrow('ORDER_SIGNATURE')
  expect(createTokens({ JWT_INTERNAL_SIGNATURE: 'x'.repeat(32) })
    .verifyOrder(tokens.signOrder(uuidv7()))).toBeNull()
})

test('secrets: whoever has replaced one and whoever has not believe each other', async () => {
  const [old, young] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
  // Each step is a deployment, in which processes of two neighbours run side by side.
  const steps = [old, `${old},${young}`, `${young},${old}`, young].map(list =>
    createTokens({ JWT_EXTERNAL_SIGNATURE: list, JWT_INTERNAL_SIGNATURE: list,
      ORDER_SIGNATURE: list }))
  const believe = async (ours: typeof tokens, theirs: typeof tokens) => {
    const id = uuidv7()
    return await ours.verifyAccess(await theirs.signAccess(ann)) !== null
      && await ours.verifyInternal(await theirs.signInternal('orders', 'tickets'), 'tickets') === 'orders'
      && ours.verifyOrder(theirs.signOrder(id)) === id
  }
  for (const [at, step] of steps.slice(1).entries()) {
    expect(await believe(step, steps[at]!)).toBe(true)
    expect(await believe(steps[at]!, step)).toBe(true)
  }
  expect(await believe(steps[3]!, steps[0]!)).toBe(false)
  expect(await believe(steps[0]!, steps[2]!)).toBe(false)
})

test('jwks: has the public half alone, by its name, and it verifies what we sign', async () => {
  const { keys } = tokens.jwks()

  expect(keys).toHaveLength(1)
  expect(keys[0]).not.toHaveProperty('d')
  expect(keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
  expect(keys[0]!.kid).toBe(await calculateJwkThumbprint(keys[0]!))
  const { payload, protectedHeader } = await jwtVerify(
    await tokens.signAccess(ann), await importJWK(keys[0]!, 'EdDSA')
  )
  expect(payload.sub).toBe(ann.user_id)
  expect(protectedHeader.kid).toBe(keys[0]!.kid)
})

test('createEndedLogins: remembers an ended login while its tokens may live', () => {
  let now_ms = 0
  const ended = createEndedLogins(() => now_ms)
  ended.add(['a'])
  now_ms = 10 * 60_000
  ended.add(['b'])

  expect([ended.has('a'), ended.has('b'), ended.has('c')]).toEqual([true, true, false])
  now_ms = 11 * 60_000 + 1
  ended.add([])
  expect([ended.has('a'), ended.has('b')]).toEqual([false, true])
})
