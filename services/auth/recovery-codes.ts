import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '@fermata/platform/database'
import { countFactors, putRecoveryCodes } from './queries/second-factor.ts'

const codes_each = 10
/** 80 bits: beyond guessing even for who holds the hashes. */
const code_characters = 16
/** Crockford's 32: without i, l, o and u, which are taken for other signs or make words. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

function newCode (): string {
  const characters = [...randomBytes(code_characters)].map(byte => alphabet[byte % 32])
  return characters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** What is stored of a code: with or without dashes, in small or capital letters it is the same. */
export const hashRecoveryCode = (account_id: string, code: string) => createHash('sha256')
  .update(`${account_id}\n${code.toLowerCase().replace(/[^a-z0-9]/g, '')}`).digest()

/** Ten new ones; the old ones are void. */
export async function renewRecoveryCodes (tx: Tx, account_id: string): Promise<string[]> {
  const codes = Array.from({ length: codes_each }, newCode)
  await putRecoveryCodes(tx, account_id, codes.map(code => hashRecoveryCode(account_id, code)))
  return codes
}

/** Ten for who has none: with the first second factor, so that losing it is not the end. */
export async function firstRecoveryCodes (tx: Tx, account_id: string): Promise<string[]> {
  const { recovery_codes } = await countFactors(tx, account_id)
  return recovery_codes > 0 ? [] : renewRecoveryCodes(tx, account_id)
}
