import type { SecondProof } from '@fermata/contracts/auth'

const max_passkey_length = 30_000

/**
 * A second factor as a form sends it: what a passkey signed, which script put there, or else what
 * somebody typed, a code of their app or one of their recovery codes. Null when it is neither.
 */
export function secondProofIn (typed: string, passkey: string): SecondProof | null {
  if (passkey !== '') return passkeyIn(passkey)
  const plain = typed.replace(/\s/g, '')
  if (/^\d{6}$/.test(plain)) return { code: plain }
  return /^[\w-]{16,40}$/.test(plain) ? { recovery_code: plain } : null
}

function passkeyIn (text: string): SecondProof | null {
  if (text.length > max_passkey_length) return null
  try {
    const passkey: unknown = JSON.parse(text)
    return typeof passkey === 'object' && passkey !== null
      ? { passkey: passkey as NonNullable<SecondProof['passkey']> } : null
  } catch {
    return null
  }
}
