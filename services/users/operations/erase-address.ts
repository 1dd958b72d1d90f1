import * as api from '@fermata/contracts/users'
import type { Operation } from '../context.ts'
import { addressOf } from '../address-grant.ts'
import { takeGrant } from '../queries/address-links.ts'
import { hashToken } from '../secret-tokens.ts'

/** Tells every service, this one included, to keep nothing about the address. */
export const eraseAddress: Operation<typeof api.eraseAddress> = async (
  ctx, { body, id: request_id },
) => {
  await ctx.transaction(async tx => {
    const address = await addressOf(tx, body.grant)
    await takeGrant(tx, hashToken(body.grant))
    await ctx.publish(tx, api.addressErased,
      [{ address, erased_at: new Date().toISOString() }], request_id)
  })
  return null
}
