import { unauthenticated } from '@fermata/contracts/problems'
import { personOf, type Caller } from '@fermata/platform/caller'
import type { Db } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { DB } from './database.ts'
import { findAccount, type AccountRow } from './queries/accounts.ts'

/**
 * The account of whoever is signed in.
 * @throws Problem `request/unauthenticated` when it was deleted after the token was given
 */
export async function ownAccount (db: Db<DB>, caller: Caller): Promise<AccountRow> {
  const account = await findAccount(db, personOf(caller).user_id)
  if (!account) throw new Problem(unauthenticated)
  return account
}
