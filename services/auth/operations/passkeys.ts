import { passkeyInUse, tooManyPasskeys, wrongProof } from '@fermata/contracts/auth'
import type * as api from '@fermata/contracts/auth'
import { notFound } from '@fermata/contracts/problems'
import { personOf } from '@fermata/platform/caller'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import {
  authenticationOptions, challengeIn, registrationOptions, verifyAttestation,
} from '../adapters/passkeys.ts'
import { challenge_seconds, createChallenge, readChallenge, spend } from '../challenges.ts'
import type { Operation } from '../context.ts'
import { ownAccount } from '../own-account.ts'
import { lockAccount } from '../queries/accounts.ts'
import {
  deletePasskey, deleteRecoveryCodes, insertPasskey, listPasskeys, type PasskeyRow,
} from '../queries/second-factor.ts'
import { firstRecoveryCodes } from '../recovery-codes.ts'
import { keepRequired } from '../second-factor.ts'

/** More than anybody carries. */
export const max_passkeys = 20
const timeout_ms = challenge_seconds * 1000
const unstored = { headers: { 'cache-control': 'no-store' } }

export const presentPasskey = ({ id, name, created_at, last_used_at }: PasskeyRow): api.Passkey =>
  ({ id, name, created_at, last_used_at })

/** What a browser needs to make a passkey for whoever is signed in here. */
export const startPasskey: Operation<typeof api.startPasskey> = async (ctx, { caller }) => {
  const { login_id } = personOf(caller)
  const account = await ownAccount(ctx.db, caller)
  const known = await listPasskeys(ctx.db, account.id, max_passkeys)
  if (known.length >= max_passkeys) throw new Problem(tooManyPasskeys)
  const options = await registrationOptions({
    public_url: ctx.settings.PUBLIC_URL, account_id: account.id, email: account.email,
    username: account.username, known, timeout_ms,
    challenge: createChallenge(ctx, 'passkey-add', { account_id: account.id, login_id }),
  })
  return reply({ options }, unstored)
}

/** Keeps the passkey that a browser made. */
export const addPasskey: Operation<typeof api.addPasskey> = async (ctx, request) => {
  const { login_id } = personOf(request.caller)
  const account = await ownAccount(ctx.db, request.caller)
  const { name, response } = request.body
  const challenge = challengeIn(response.response.clientDataJSON)
  const subject = readChallenge(ctx, challenge, 'passkey-add')
  const is_same = subject.account_id === account.id && subject.login_id === login_id
  const made = is_same
    ? await verifyAttestation(response, challenge!, ctx.settings.PUBLIC_URL) : null
  if (!made) throw new Problem(wrongProof)
  return ctx.transaction(async tx => {
    await lockAccount(tx, account.id)
    await spend(tx, challenge!)
    const known = await listPasskeys(tx, account.id, max_passkeys)
    if (known.length >= max_passkeys) throw new Problem(tooManyPasskeys)
    const row = await insertPasskey(tx,
      { id: uuidv7(), account_id: account.id, name: name.trim(), ...made })
    if (!row) throw new Problem(passkeyInUse)
    const recovery_codes = await firstRecoveryCodes(tx, account.id)
    return reply({ passkey: presentPasskey(row), recovery_codes }, unstored)
  })
}

/** Forgets one; recovery codes go with the last thing that they could recover. */
export const removePasskey: Operation<typeof api.removePasskey> = async (ctx, request) => {
  const account = await ownAccount(ctx.db, request.caller)
  await ctx.transaction(async tx => {
    await lockAccount(tx, account.id)
    if (!await deletePasskey(tx, account.id, request.params.id)) throw new Problem(notFound)
    if (!await keepRequired(ctx, tx, account)) await deleteRecoveryCodes(tx, account.id)
  })
  return null
}

/** What a browser needs to show a passkey: to sign in, as a second step, or to confirm. */
export const askForPasskey: Operation<typeof api.askForPasskey> = async (ctx, request) => {
  const { caller, body } = request
  const ask = async (challenge: string, account_id: string | undefined) => {
    const known = account_id === undefined
      ? [] : await listPasskeys(ctx.db, account_id, max_passkeys)
    const options = await authenticationOptions({
      public_url: ctx.settings.PUBLIC_URL, challenge, known, timeout_ms,
    })
    return reply({ options }, unstored)
  }
  if (body.challenge !== undefined) {
    const { account_id } = readChallenge(ctx, body.challenge, 'second-step')
    return ask(createChallenge(ctx, 'passkey-second-step', { account_id: account_id! }), account_id)
  }
  if (caller.kind === 'user') {
    const { user_id: account_id, login_id } = caller
    return ask(createChallenge(ctx, 'passkey-confirm', { account_id, login_id }), account_id)
  }
  return ask(createChallenge(ctx, 'passkey-sign-in', {}), undefined)
}
