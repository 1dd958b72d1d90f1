import { lastAdmin } from '@fermata/contracts/auth'
import type { copiesRestored } from '@fermata/contracts/backups'
import { Problem } from '@fermata/platform/problem'
import { endAccount } from '../account-end.ts'
import type { Handler } from '../context.ts'

/** Accounts that a copy brought back though they had ended: they end again, and all are told. */
export const endRestoredAccounts: Handler<typeof copiesRestored> = async (ctx, tx, events) => {
  for (const id of new Set(events.flatMap(({ data }) => data.account_ids))) {
    await endAccount(ctx, tx, id).catch((error: unknown) => {
      // It was refused before anything was written: somebody has to be in charge.
      if (!(error instanceof Problem) || error.definition.type !== lastAdmin.type) throw error
      ctx.log.warn({ user_id: id }, 'the last administrator stays, though the account had ended')
    })
  }
}
