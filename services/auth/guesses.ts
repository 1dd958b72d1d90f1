import { createHash } from 'node:crypto'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import { tooMany } from '@fermata/contracts/problems'
import { networkOf } from '@fermata/platform/network'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { familiarityOf, type Place } from './places.ts'
import {
  countAttempt, forgetAttempts, secondsBlocked, takeBackAttempt,
} from './queries/attempts.ts'

/** What somebody may guess at: passwords, or the codes and passkeys of a second step. */
export type Guessed = 'password' | 'second factor'

const minute_s = 60
const window_s = 15 * minute_s
/** Longer than the longest pause, or whoever waits it out would begin anew. */
const strangers_window_s = 24 * 60 * minute_s
const longest_pause_s = 15 * minute_s

/** Failures after which pauses begin, for one account from one place. */
export const place_failures = 10
/** For one account from all places together that it does not know. */
export const stranger_failures = 30
/** From one network whatever the account: a whole school may share one address. */
export const network_failures = 300

/** @param email of the account, or what was typed as one: one without an account counts alike */
export interface Claim { email: string, account_id: string | undefined, place: Place }

interface Budget { key: Buffer, limit: number, window_s: number, detail: string }

const keyOf = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest()

const wait = 'Too many wrong tries; wait a moment before the next.'
const elsewhere = 'Too many wrong tries for this account from places where it was never used. ' +
  'Sign in from a device or network where you did before, set a new password by mail, or wait.'

/**
 * Lets a guess be looked at, within the budgets of the one who guesses; counts it before, so that
 * a hundred at once count as a hundred.
 *
 * A place that the account knows has a budget of its own, so nobody elsewhere can lock its owner
 * out. All other places share one: ten thousand networks guess no faster than one. An owner at a
 * new place in the middle of an attack has the way by mail.
 * @param look whether the guess was right; when it throws, nobody looked, and nothing counts
 * @throws Problem `request/too-many` when the budget is used up
 */
export async function countGuess (
  ctx: Ctx, guessed: Guessed, claim: Claim, look: () => Promise<boolean>,
): Promise<boolean> {
  const budgets = await budgetsOf(ctx, guessed, claim)
  await takeFrom(ctx, budgets)
  let is_right: boolean
  try {
    is_right = await look()
  } catch (error) {
    await giveBack(ctx, budgets)
    throw error
  }
  if (!is_right) return false
  const [own, ...others] = budgets
  await forgetAttempts(ctx.db, own!.key)
  await giveBack(ctx, others)
  return true
}

/** The guesser's own budget first. */
async function budgetsOf (
  ctx: Ctx, guessed: Guessed, { email, account_id, place }: Claim,
): Promise<Budget[]> {
  const familiarity = await familiarityOf(ctx.db, account_id, place)
  const spot = familiarity === 'device' ? place.device! : place.network
  const own = {
    key: keyOf(guessed, familiarity === 'device' ? 'device' : 'network', email, spot),
    limit: place_failures, window_s, detail: wait,
  }
  const network = {
    key: keyOf('network', place.network), limit: network_failures, window_s, detail: wait,
  }
  if (familiarity !== 'stranger') return [own, network]
  return [own, network, {
    key: keyOf(guessed, 'strangers', email), limit: stranger_failures,
    window_s: strangers_window_s, detail: elsewhere,
  }]
}

/** From all or none. What most share is asked first: once it is used up, nothing more is written. */
async function takeFrom (ctx: Ctx, budgets: Budget[]): Promise<void> {
  const taken: Budget[] = []
  for (const budget of budgets.toReversed()) {
    if (!await countAttempt(ctx.db, { ...budget, longest_pause_s })) {
      await giveBack(ctx, taken)
      const seconds = await secondsBlocked(ctx.db, budget.key)
      throw new Problem(tooMany, budget.detail, { headers: { 'retry-after': String(seconds) } })
    }
    taken.push(budget)
  }
}

/** Accounts that one network may register with one address; its owner needs one. */
export const registrations_of_address = 10

/**
 * Bounds the accounts that an address is given. Counted for each network by itself, since a pause
 * that others have caused would tell that somebody registered.
 * @throws Problem `request/too-many`
 */
export async function admitRegistration (ctx: Ctx, email: string, ip: string): Promise<void> {
  await takeFrom(ctx, [{
    key: keyOf('register', mailboxOf(email), networkOf(ip)), limit: registrations_of_address, window_s,
    detail: 'This address was registered too often; wait a moment before the next try.',
  }])
}

async function giveBack (ctx: Ctx, budgets: Budget[]): Promise<void> {
  for (const { key } of budgets) await takeBackAttempt(ctx.db, key)
}
