import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { deriveKey, secretsIn } from './tokens.ts'

/*
 * What has to be read again, hashing is no way to keep: the secrets of apps, the words of mails. It
 * lies encrypted (AES-256-GCM, NIST SP 800-38D) under a key that no database and no backup holds.
 */

const name_bytes = 4
const nonce_bytes = 12
const tag_bytes = 16

interface Key { name: Buffer, key: Buffer }

export interface SecretBox {
  /** Names the key that seals; boxes under another should be sealed anew. */
  key_name: Buffer
  /** @param owner whoever opens it has to name the same, so no row can be put in place of another */
  seal (owner: string, secret: Buffer): Buffer
  /** Null when none of our keys sealed it for this owner. */
  open (owner: string, box: Buffer): Buffer | null
}

/**
 * @param setting secrets separated by commas: the first seals, all open
 * @param purpose what is sealed; another purpose has another key
 */
export function createSecretBox (setting: string, purpose: string): SecretBox {
  const keys = secretsIn(setting).map((secret): Key => {
    const key = deriveKey(secret, purpose)
    return { key, name: createHash('sha256').update(key).digest().subarray(0, name_bytes) }
  })
  const first = keys[0]!
  return {
    key_name: first.name,
    seal (owner, secret) {
      const nonce = randomBytes(nonce_bytes)
      const cipher = createCipheriv('aes-256-gcm', first.key, nonce).setAAD(Buffer.from(owner))
      const text = Buffer.concat([cipher.update(secret), cipher.final()])
      return Buffer.concat([first.name, nonce, text, cipher.getAuthTag()])
    },
    open (owner, box) {
      const found = keys.find(({ name }) => name.equals(box.subarray(0, name_bytes)))
      return found ? openWith(found.key, owner, box.subarray(name_bytes)) : null
    },
  }
}

function openWith (key: Buffer, owner: string, sealed: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonce_bytes))
      .setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(-tag_bytes))
    return Buffer.concat([
      decipher.update(sealed.subarray(nonce_bytes, -tag_bytes)), decipher.final(),
    ])
  } catch {
    return null
  }
}
