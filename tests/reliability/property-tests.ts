import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { idsInSource, type ProofId } from '../proofs/proof.ts'

const root = new URL('../..', import.meta.url).pathname

/** The tests that try a property, with the ids in their titles; paths from the repository's root. */
export function propertyTests (): Map<string, ProofId[]> {
  const files = globSync(['{tests,services,packages,apps}/**/*.test.ts'], {
    cwd: root, exclude: name => /node_modules|^tests\/proofs/.test(name),
  }).sort()
  return new Map(files.flatMap(file => {
    const ids = idsInSource(readFileSync(join(root, file), 'utf8'))
      .filter(id => id.startsWith('R'))
    return ids.length > 0 ? [[file, ids] as const] : []
  }))
}
