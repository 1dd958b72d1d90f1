import { accountGone } from '@fermata/contracts/auth'
import { personOf, type Caller } from '@fermata/platform/caller'
import type { Db } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import { findAccount, type AccountRow } from './queries/accounts.ts'

/**
 * The account of whoever is signed in.
 * @throws Problem `auth/account-gone` when it was deleted and its tokens are not refused yet
 */
export async function ownAccount (db: Db, caller: Caller): Promise<AccountRow> {
  const account = await findAccount(db, personOf(caller).user_id)
  if (!account) throw new Problem(accountGone)
  return account
}
