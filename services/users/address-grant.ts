import { addressHasAccount, badAddressLink } from '@fermata/contracts/users'
import type { Db } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import { findGrant, isOwned } from './queries/address-links.ts'
import { hashToken } from './secret-tokens.ts'

/**
 * The address that a grant was given for. @throws Problem `users/bad-address-link`, and
 * `users/address-has-account` where an account has proven it meanwhile
 */
export async function addressOf (db: Db, grant: string): Promise<string> {
  const email = await findGrant(db, hashToken(grant))
  if (email === undefined) throw new Problem(badAddressLink)
  if (await isOwned(db, email)) throw new Problem(addressHasAccount)
  return email
}
