import type { Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

/** Of what guests bought and nobody has claimed. */
export const listUnclaimedAddresses = async (tx: Tx) => (await sql<{ email: string }>`
  select distinct email /* present: email */ from users.purchases where user_id is null`.rows(tx)).map(({ email }) => email)
