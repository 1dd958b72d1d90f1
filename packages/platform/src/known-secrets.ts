/**
 * Secrets that are none, because a text that everybody can read has them: those of `compose.yml`,
 * and what people leave in place or type for now. A secret that was made by a machine is none of
 * these.
 */

/** As they stand in instructions, templates and lists of guesses, without what is between words. */
const words = new RegExp([
  'developmentonly', 'changeme', 'changethis', 'replaceme', 'replacethis', 'placeholder', 'insecure',
  'secretkey', 'supersecret', 'topsecret', 'yoursecret', 'mysecret', 'somesecret', 'thesecret',
  'jwtsecret', 'asecret', 'example', 'password', 'passw0rd', 'passphrase', 'keyboardcat',
  'letmein', 'qwertyui', 'iloveyou', 'donotuse', 'default', 'abcdefgh', '12345678', 'deadbeef',
].join('|'))
/** A whole value, where one is short enough to be guessed. */
const guesses = new Set(['', 'postgres', 'fermata', 'secret', 'admin', 'root', 'nats', 'test', 'demo',
  'smtp', 'mail', 'user', 'guest', 'token', 'metrics', 'pass', 'qwerty'])
/** Of 32 characters that a machine made, fewer are never different. */
const fewest_different = 8

export function isKnownSecret (secret: string): boolean {
  const plain = secret.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (guesses.has(plain) || words.test(plain)) return true
  return secret.length >= 32 && new Set(secret).size < fewest_different
}

/** What stands for the password in an address; empty where it has none. */
export const passwordIn = (url: string): string =>
  URL.canParse(url) ? decodeURIComponent(new URL(url).password) : ''
