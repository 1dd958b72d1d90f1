import {
  addPasskey, askForPasskey, changePassword, challengeOver, confirm, confirmTotp,
  createRecoveryCodes, deleteCredentials, enableTotp, getMe, getSecondFactor, login,
  loginWithPasskey, loginWithSecondFactor, noTotpPending, passkeyInUse, refresh, removePasskey,
  removeSecondFactor, removeTotp, secondFactorNeeded, setRoles, startPasskey, totpInUse,
  wrongProof, type Session,
} from '@fermata/contracts/auth'
import { stepUpNeeded } from '@fermata/contracts/problems'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { sealAnew } from './seal-anew.ts'
import { createTotpBox } from './totp-box.ts'
import service from './service.ts'
import { newAuthenticator, type Authenticator } from './test/authenticator.ts'
import { giveRoles, good_password, newPerson } from './test/people.ts'

let it: TestSystem
let ctx: Ctx
const origin = 'http://localhost:8000'

beforeAll(async () => {
  it = await startTestSystem([service], { PUBLIC_URL: origin })
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

const signIn = (email: string) => it.send(login, { body: { email, password: good_password } })
const half_minute_ms = 30_000
/** The code that an app shows, now or some half minutes away. */
const codeOf = (secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: Date.now() + steps * half_minute_ms,
  })

/** As if half a minute had gone by: the app's last code counts as unused. */
const nextHalfMinute = (user_id: string) =>
  ctx.pool.query('update auth.totp set last_step = 0 where account_id = $1', [user_id])

async function withApp (person: Session) {
  const { body } = await it.send(enableTotp, { token: person.access_token })
  const { body: { recovery_codes } } = await it.send(confirmTotp, {
    token: person.access_token, body: { code: codeOf(body.secret) } })
  await nextHalfMinute(person.user.id)
  return { ...person, secret: body.secret, recovery_codes }
}

async function challengeOf (email: string) {
  const answer = await signIn(email)
  expect([answer.status, answer.problem.type]).toEqual([401, secondFactorNeeded.type])
  return answer.problem as unknown as { challenge: string, methods: string[] }
}

const finish = (body: object) => it.send(loginWithSecondFactor, { body })
const typeOf = (answer: { problem: { type: string } | undefined }) => answer.problem?.type

async function withPasskey (person: Session, authenticator = newAuthenticator(origin)) {
  const token = person.access_token
  const { body } = await it.send(startPasskey, { token })
  const { challenge } = body.options as { challenge: string }
  const answer = await it.send(addPasskey, {
    token, body: { name: 'Phone', response: authenticator.create({ challenge }) } })
  expect(answer.status).toBe(200)
  return { ...person, authenticator, ...answer.body }
}

const ask = async (as: { token?: string, challenge?: string } = {}) => {
  const { token, challenge } = as
  const { body } = await it.send(askForPasskey,
    { ...(token && { token }), body: challenge ? { challenge } : {} })
  return body.options as { challenge: string, allowCredentials?: { id: string }[] }
}

test('enableTotp: confirmTotp: guards nothing before the first code, then every sign-in', async () => {
  const person = await newPerson(it)
  const token = person.access_token
  const { body } = await it.send(enableTotp, { token })
  expect(body.uri).toMatch(/^otpauth:\/\/totp\/Fermata:/)
  expect(body.qr_svg).toMatch(/^<svg/)
  expect((await signIn(person.user.email)).status).toBe(200)
  const wrong = await it.send(confirmTotp, { token, body: { code: codeOf(body.secret, 9) } })
  expect(typeOf(wrong)).toBe(wrongProof.type)
  const right = await it.send(confirmTotp, { token, body: { code: codeOf(body.secret) } })
  expect(new Set(right.body.recovery_codes).size).toBe(10)
  expect(right.headers['cache-control']).toBe('no-store')
  expect(typeOf(await it.send(confirmTotp, { token, body: { code: codeOf(body.secret) } })))
    .toBe(noTotpPending.type)
  expect(typeOf(await it.send(enableTotp, { token }))).toBe(totpInUse.type)
  const { challenge, methods } = await challengeOf(person.user.email)
  expect(methods).toEqual(['code', 'recovery_code'])
  await nextHalfMinute(person.user.id)
  const session = await finish({ challenge, code: codeOf(body.secret) })
  expect(session.status).toBe(200)
  expect((await it.send(getMe, { token: session.body.access_token })).body)
    .toMatchObject({ confirm_with: ['code', 'recovery_code'], must_enroll: false })
})

test('loginWithSecondFactor: a code is good once, also for ten who show it at once', async () => {
  const { user, secret } = await withApp(await newPerson(it))
  const challenges = await Promise.all(
    Array.from({ length: 10 }, () => challengeOf(user.email)))
  // One code: another half minute may begin meanwhile, and has another.
  const code = codeOf(secret)
  const answers = await Promise.all(challenges.map(({ challenge }) => finish({ challenge, code })))
  expect(answers.filter(answer => answer.status === 200)).toHaveLength(1)
  const { challenge } = await challengeOf(user.email)
  expect((await finish({ challenge, code })).status).not.toBe(200)
})

test('loginWithSecondFactor: a recovery code is good once, dashes and capitals aside', async () => {
  const { user, recovery_codes, access_token } = await withApp(await newPerson(it))
  const typed = recovery_codes[0]!.toUpperCase().replaceAll('-', '')
  const first = await challengeOf(user.email)
  expect((await finish({ challenge: first.challenge, recovery_code: typed })).status).toBe(200)
  const second = await challengeOf(user.email)
  expect(typeOf(await finish({ challenge: second.challenge, recovery_code: typed })))
    .toBe(wrongProof.type)
  const state = await it.send(getSecondFactor, { token: access_token })
  expect(state.body.recovery_codes_left).toBe(9)
})

test('loginWithSecondFactor: a step that fails uses up no recovery code', async () => {
  const { user, recovery_codes: [first, second], access_token } = await withApp(await newPerson(it))
  const { challenge } = await challengeOf(user.email)
  expect((await finish({ challenge, recovery_code: first! })).status).toBe(200)
  expect(typeOf(await finish({ challenge, recovery_code: second! }))).toBe(challengeOver.type)
  const left = async () =>
    (await it.send(getSecondFactor, { token: access_token })).body.recovery_codes_left
  expect(await left()).toBe(9)
  // Good once all the same, also when it is shown to several challenges at once.
  const challenges = await Promise.all(Array.from({ length: 5 }, () => challengeOf(user.email)))
  const answers = await Promise.all(challenges.map(one =>
    finish({ challenge: one.challenge, recovery_code: second! })))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(await left()).toBe(8)
})

test('loginWithSecondFactor: takes one proof for a challenge of ours, fresh, of the password of now', async () => {
  const { user, secret, access_token } = await withApp(await newPerson(it))
  const { challenge } = await challengeOf(user.email)
  const code = codeOf(secret)
  for (const body of [{ challenge }, { challenge, code, recovery_code: 'a'.repeat(16) }]) {
    expect(typeOf(await finish(body))).toBe('/problems/request/invalid')
  }
  const { options } = (await it.send(startPasskey, { token: access_token })).body
  const of_passkey = Buffer.from((options as { challenge: string }).challenge, 'base64url').toString()
  const forged = [`${challenge.slice(0, -4)}AAAA`, `x${challenge}`, of_passkey, 'a'.repeat(40)]
  for (const wrong of forged) {
    expect(typeOf(await finish({ challenge: wrong, code }))).toBe(challengeOver.type)
  }
  await ctx.pool.query(`update auth.accounts set password_hash = password_hash || 'x'
    where id = $1`, [user.id])
  expect(typeOf(await finish({ challenge, code }))).toBe(challengeOver.type)
})

test('loginWithSecondFactor: wrong codes have a budget, and the right one does not help after it', async () => {
  const { user, secret } = await withApp(await newPerson(it))
  const { challenge } = await challengeOf(user.email)
  const from = { 'x-forwarded-for': '203.0.113.77' }
  const guess = (code: string) =>
    it.send(loginWithSecondFactor, { body: { challenge, code }, headers: from })
  for (let attempt = 0; attempt < 10; attempt++) {
    expect((await guess(codeOf(secret, 100 + attempt))).status).toBe(401)
  }
  expect((await guess(codeOf(secret))).status).toBe(429)
  // Where the owner signed in before, the codes of others do not count.
  expect((await finish({ challenge, code: codeOf(secret) })).status).toBe(200)
})

test('confirm: with a second factor the password is no longer enough, and its code is', async () => {
  const { access_token: token, secret } = await withApp(await newPerson(it))
  const by_password = await it.send(confirm, { token, body: { password: good_password } })
  expect(typeOf(by_password)).toBe(wrongProof.type)
  expect((await it.send(confirm, { token, body: { code: codeOf(secret) } })).status).toBe(200)
})

test('changePassword: deleteCredentials: where there is a second factor the password is not all', async () => {
  const person = await withApp(await newPerson(it))
  await ctx.pool.query(`update auth.logins set confirmed_at = now() - interval '1 hour'
    where account_id = $1`, [person.user.id])
  const { body: { access_token: token } } =
    await it.send(refresh, { body: { refresh_token: person.refresh_token } })
  const change = { current_password: good_password, new_password: 'another sentence' }
  expect(typeOf(await it.send(changePassword, { token, body: change }))).toBe(stepUpNeeded.type)
  expect(typeOf(await it.send(deleteCredentials, { token, body: { password: good_password } })))
    .toBe(stepUpNeeded.type)
})

test('removeTotp: createRecoveryCodes: end what was, recovery codes with the last factor', async () => {
  const { user, access_token: token, recovery_codes } = await withApp(await newPerson(it))
  const renewed = await it.send(createRecoveryCodes, { token })
  expect(renewed.body.recovery_codes).toHaveLength(10)
  const { challenge } = await challengeOf(user.email)
  expect((await finish({ challenge, recovery_code: recovery_codes[1]! })).status).toBe(401)
  expect((await it.send(removeTotp, { token })).status).toBe(204)
  expect((await signIn(user.email)).status).toBe(200)
  const state = await it.send(getSecondFactor, { token })
  expect(state.body).toMatchObject({ totp_since: null, recovery_codes_left: 0 })
})

test('loginWithPasskey: addPasskey: a passkey signs in alone, and finishes after the password', async () => {
  const { user, authenticator, recovery_codes, access_token } =
    await withPasskey(await newPerson(it))
  expect(recovery_codes).toHaveLength(10)
  const alone = await it.send(loginWithPasskey,
    { body: { response: authenticator.get(await ask()) } })
  expect([alone.status, alone.body.user?.id]).toEqual([200, user.id])
  const { challenge, methods } = await challengeOf(user.email)
  expect(methods).toEqual(['passkey', 'recovery_code'])
  const options = await ask({ challenge })
  expect(options.allowCredentials).toMatchObject([{ id: authenticator.id }])
  expect((await finish({ challenge, passkey: authenticator.get(options) })).status).toBe(200)
  const confirming = authenticator.get(await ask({ token: access_token }))
  expect((await it.send(confirm, { token: access_token, body: { passkey: confirming } })).status)
    .toBe(200)
  const { body } = await it.send(getSecondFactor, { token: access_token })
  expect(body.passkeys[0]!.last_used_at).not.toBeNull()
})

const wrongs: Record<string, (key: Authenticator, challenge: string) => object> = {
  'of another site': (key, challenge) => key.get({ challenge, origin: 'https://evil.example' }),
  'for another domain': (key, challenge) => key.get({ challenge, rp_id: 'evil.example' }),
  'whose owner was not looked at': (key, challenge) => key.get({ challenge, is_verified: false }),
  'whose count went back': (key, challenge) => key.get({ challenge, sign_count: 0 }),
  'of nobody': (_key, challenge) => newAuthenticator(origin).get({ challenge }),
  'with another signature': (key, challenge) => {
    const signed = key.get({ challenge })
    signed.response.signature = key.get({ challenge }).response.signature
    signed.response.authenticatorData = Buffer.from(
      Buffer.from(signed.response.authenticatorData, 'base64url').fill(9, 33, 37)).toString('base64url')
    return signed
  },
}

test.each(Object.entries(wrongs))('loginWithPasskey: refuses a passkey %s', async (_, sign) => {
  const { authenticator } = await withPasskey(await newPerson(it))
  await it.send(loginWithPasskey, { body: { response: authenticator.get(await ask()) } })
  const { challenge } = await ask()
  const response = sign(authenticator, challenge)
  const answer = await it.send(loginWithPasskey, { body: { response } })
  expect([answer.status, typeOf(answer)]).toEqual([401, wrongProof.type])
})

test('loginWithPasskey: a challenge is good once, for what it was made for, and ours', async () => {
  const { authenticator, access_token: token, user } = await withPasskey(await newPerson(it))
  const options = await ask()
  const once = authenticator.get(options)
  expect((await it.send(loginWithPasskey, { body: { response: once } })).status).toBe(200)
  const again = await it.send(loginWithPasskey, { body: { response: authenticator.get(options) } })
  expect(typeOf(again)).toBe(challengeOver.type)
  const { challenge } = await challengeOf(user.email)
  const others = [await ask({ token }), await ask({ challenge }),
    { challenge: Buffer.from('made up').toString('base64url') }]
  for (const other of others) {
    const answer = await it.send(loginWithPasskey, { body: { response: authenticator.get(other) } })
    expect(typeOf(answer)).toBe(challengeOver.type)
  }
})

test('addPasskey: one passkey belongs to one account, made by the login that asked', async () => {
  const { authenticator } = await withPasskey(await newPerson(it))
  const other = await newPerson(it)
  const begin = async (person: Session) => {
    const { body } = await it.send(startPasskey, { token: person.access_token })
    return (body.options as { challenge: string }).challenge
  }
  const add = (person: Session, response: object) =>
    it.send(addPasskey, { token: person.access_token, body: { name: 'Mine', response } })
  const taken = await add(other, authenticator.create({ challenge: await begin(other) }))
  expect(typeOf(taken)).toBe(passkeyInUse.type)
  const foreign = await add(await newPerson(it),
    newAuthenticator(origin).create({ challenge: await begin(other) }))
  expect(typeOf(foreign)).toBe(wrongProof.type)
  const unverified = newAuthenticator(origin)
    .create({ challenge: await begin(other), is_verified: false })
  expect(typeOf(await add(other, unverified))).toBe(wrongProof.type)
})

test('removePasskey: removes one of the caller, never of others', async () => {
  const owner = await withPasskey(await newPerson(it))
  const remove = (person: Session) =>
    it.send(removePasskey, { token: person.access_token, params: { id: owner.passkey.id } })
  expect((await remove(await newPerson(it))).status).toBe(404)
  expect((await remove(owner)).status).toBe(204)
  expect((await signIn(owner.user.email)).status).toBe(200)
})

test('removeSecondFactor: an administrator helps who lost all, which ends their logins', async () => {
  const lost = await withApp(await newPerson(it))
  const { user: { id: admin_id, email } } = await newPerson(it)
  await giveRoles(ctx, admin_id, ['admin'])
  const { body: { access_token: token } } = await signIn(email)
  const answer = await it.send(removeSecondFactor, { token, params: { user_id: lost.user.id } })
  expect(answer.status).toBe(204)
  await it.eventually(async () =>
    (await it.send(getMe, { token: lost.access_token })).status === 401)
  expect((await signIn(lost.user.email)).status).toBe(200)
})

test('sealAnew: secrets at rest open with the key alone, move to a new one, and outlive a lost one', async () => {
  const { user, secret } = await withApp(await newPerson(it))
  const rows = await ctx.pool.query('select secret from auth.totp where account_id = $1', [user.id])
  const sealed: Buffer = rows.rows[0].secret
  const plain = Buffer.from(Secret.fromBase32(secret).bytes)
  expect(sealed.includes(plain)).toBe(false)
  const [old, young] = [ctx.settings.SECOND_FACTOR_SECRET, 'y'.repeat(40)]
  expect(createTotpBox(old).open(user.id, sealed)).toEqual(plain)
  expect(createTotpBox(old).open('somebody else', sealed)).toBeNull()
  expect(createTotpBox(young).open(user.id, sealed)).toBeNull()
  const quiet = { ...ctx.log, error: () => {} } as never
  await sealAnew({ db: ctx.db, log: quiet }, createTotpBox(young))
  await sealAnew(ctx, createTotpBox(`${young},${old}`))
  const after = await ctx.pool.query('select secret from auth.totp where account_id = $1', [user.id])
  expect(createTotpBox(young).open(user.id, after.rows[0].secret)).toEqual(plain)
  await sealAnew(ctx, createTotpBox(`${old},${young}`))
})

test('setRoles: with required second factors an administrator without one may only set one up', async () => {
  const strict = await startTestSystem([service],
    { PUBLIC_URL: origin, FERMATA_ADMIN_SECOND_FACTOR: 'required' })
  try {
    const { user } = await newPerson(strict)
    await giveRoles(strict.context<Ctx>('auth'), user.id, ['admin'])
    const body = { email: user.email, password: good_password }
    const { body: { access_token: token, refresh_token } } = await strict.send(login, { body })
    const setting = (as: string) => strict.send(setRoles,
      { token: as, params: { user_id: user.id }, body: { roles: ['admin'] } })
    expect((await setting(token)).status).toBe(403)
    expect((await strict.send(getMe, { token })).body.must_enroll).toBe(true)
    const { body: { secret } } = await strict.send(enableTotp, { token })
    const confirmed = await strict.send(confirmTotp, { token, body: { code: codeOf(secret) } })
    expect(confirmed.status).toBe(200)
    const next = await strict.send(refresh, { body: { refresh_token } })
    expect((await setting(next.body.access_token)).status).toBe(200)
    const removal = await strict.send(removeTotp, { token: next.body.access_token })
    expect([removal.status, typeOf(removal)]).toEqual([409, '/problems/auth/second-factor-required'])
  } finally {
    await strict.stop()
  }
})
