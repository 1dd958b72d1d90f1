import { createHash, randomBytes } from 'node:crypto'

/** An opaque token of 256 random bits, in letters that need no escaping anywhere. */
export const newSecretToken = () => randomBytes(32).toString('base64url')

/** What is stored in place of a token. A plain hash does: 256 random bits cannot be guessed. */
export const hashToken = (token: string) => createHash('sha256').update(token).digest()
