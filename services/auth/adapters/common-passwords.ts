/**
 * Some 18,000 passwords of eight characters and more that stolen lists have most often, in lower
 * case; from the package's file, nobody outside is asked. Unpacked at the first password that
 * somebody chooses, so that a start does not wait for it.
 */
export function commonPasswords (): Promise<ReadonlySet<string>> {
  loading ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) =>
    new Set(dictionary['passwords-common'].map(password => password.toLowerCase())
      .filter(password => [...password].length >= 8)))
  return loading
}

let loading: Promise<ReadonlySet<string>> | undefined
