import type { Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'

/** Of what guests bought and nobody has claimed. */
export const listUnclaimedAddresses = async (tx: Tx<DB>) => (await sql<{ email: string }>`
  select distinct email /* present: email */ from users.purchases where user_id is null`.execute(tx))
  .rows.map(({ email }) => email)
