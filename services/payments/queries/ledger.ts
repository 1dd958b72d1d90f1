import type { Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { LedgerEntry } from '../rules/ledger.ts'

/** The database refuses the commit when a transaction's debits and credits differ. */
export const insertLedgerEntries = (tx: Tx, entries: LedgerEntry[]) => sql`
  insert into payments.ledger_entries (transaction_id, payment_id, account, debit_minor, credit_minor, currency)
  select * from unnest(${entries.map(entry => entry.transaction_id)}::uuid[],
    ${entries.map(entry => entry.payment_id)}::uuid[], ${entries.map(entry => entry.account)}::text[],
    ${entries.map(entry => entry.debit_minor)}::bigint[], ${entries.map(entry => entry.credit_minor)}::bigint[],
    ${entries.map(entry => entry.currency)}::text[])`.run(tx)
