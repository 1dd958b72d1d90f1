import type { Ctx } from './context.ts'
import { listTotpUnderOtherKeys, replaceTotpSecret } from './queries/second-factor.ts'
import type { SecretBox } from '@fermata/platform/secret-box'

const batch_size = 500
const max_batches = 10_000
const before_all = '00000000-0000-0000-0000-000000000000'

/**
 * Puts every secret under the key of today, so that yesterday's can be taken out of the setting.
 * Those whose key was taken out already are named in the log and stay: their owners have recovery
 * codes, and the right setting opens them again.
 */
export async function sealAnew (ctx: Pick<Ctx, 'db' | 'log'>, box: SecretBox): Promise<void> {
  let after_id = before_all
  let closed = 0
  for (let batch = 0; batch < max_batches; batch++) {
    const rows = await listTotpUnderOtherKeys(ctx.db, box.key_name, after_id, batch_size)
    for (const { account_id, secret } of rows) {
      const plain = box.open(account_id, secret)
      if (plain) {
        await replaceTotpSecret(ctx.db, account_id, secret, box.seal(account_id, plain))
      } else closed++
    }
    if (rows.length < batch_size) break
    after_id = rows.at(-1)!.account_id
  }
  if (closed > 0) ctx.log.error({ accounts: closed },
    'SECOND_FACTOR_SECRET lacks the secret under which keys of authenticator apps lie: put the ' +
    'former one behind it, separated by a comma')
}
