import { folderStore, listStored } from '@fermata/server/copies/stored'

/** Tables by service and name, with their rows and the digest of them in order of their keys. */
export async function tablesOf (copies: string): Promise<Map<string, string>> {
  const [{ manifest } = { manifest: null }] = await listStored(folderStore(copies))
  return new Map(manifest!.parts.flatMap(({ service, tables }) =>
    tables.map(({ name, rows, sha256 }) => [`${service}.${name}`, `${rows} ${sha256}`])))
}

/** What a restore changes on purpose: events are due, logins and mails end. */
const changed_on_purpose = new RegExp('\\.outbox$|' +
  '^auth\\.(logins|refresh_tokens|ended_logins|links|link_tokens)$|^notifications\\.deliveries$')

/** Tables that are not in both with the very same rows, and of these the ones that should be. */
export function compareTables (one: Map<string, string>, other: Map<string, string>) {
  const changed = [...new Set([...one.keys(), ...other.keys()])]
    .filter(name => one.get(name) !== other.get(name))
  return { changed, wrong: changed.filter(name => !changed_on_purpose.test(name)) }
}
