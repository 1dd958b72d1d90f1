import type { Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { LedgerEntry } from '../rules/ledger.ts'

/** The database refuses the commit when a transaction's debits and credits differ. */
export const insertLedgerEntries = (tx: Tx, entries: LedgerEntry[]) => sql`
  insert into payments.ledger_entries (transaction_id, payment_id, account, debit_minor, credit_minor, currency)
  select * from ${sql.rows(entries, {
    transaction_id: 'uuid', payment_id: 'uuid', account: 'text', debit_minor: 'bigint',
    credit_minor: 'bigint', currency: 'text',
  })} as given`.run(tx)
