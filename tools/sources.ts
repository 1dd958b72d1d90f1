import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The repository's root folder. */
export const root = resolve(import.meta.dirname, '..')

/** A file of the repository: `path` from the root, always with `/`. */
export interface Source { path: string, text: string }

/** Folders that hold what was installed, built or stored, not what was written. */
const notWritten = new Set(['node_modules', '.git', 'build', '.react-router'])
/** What is not written either, but directly below the root only: deeper, the words may be names. */
const notWrittenAtRoot = new Set(['data', 'coverage'])

const readable = /\.(ts|tsx|js|mjs|json|sql|md|css|svg|html|yaml|yml|sh|conf|txt)$/

/** Every path below `folder` that somebody wrote; new files count before git knows them. */
export function listFiles (folder = root, prefix = ''): string[] {
  const paths: string[] = []
  for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    const left = notWritten.has(entry.name) ||
      (folder === root && notWrittenAtRoot.has(path))
    if (entry.isDirectory() && !left) paths.push(...listFiles(folder, path))
    if (entry.isFile()) paths.push(path)
  }
  return paths.sort()
}

/** The text files among them. The lock file is left out, it has its own test. */
export function readSources (folder = root): Source[] {
  return listFiles(folder)
    .filter(path => readable.test(path) && path !== 'package-lock.json')
    .map(path => ({ path, text: readFileSync(join(folder, path), 'utf8') }))
}

/** The package a file is in, e.g. `services/orders`; '' for what belongs to the root. */
export function packageOf (path: string): string {
  return /^(?:packages|services|apps)\/[^/]+/.exec(path)?.[0] ?? ''
}

export const folderOf = (path: string) => dirname(path)
export const isCode = (path: string) => /\.tsx?$/.test(path)
export const isTest = (path: string) => path.startsWith('tests/') ||
  /\.test\.tsx?$/.test(path) || /^services\/[^/]+\/test\//.test(path)
/** Written by a generator and committed: its shape is the generator's business. */
export const isGenerated = (path: string) =>
  /^services\/[^/]+\/database\.ts$/.test(path) ||
  /^docs\/(openapi\/|problems\.md$|settings\.md$)/.test(path)

/** `place-order` -> `placeOrder` */
export const toCamelCase = (kebab: string) =>
  kebab.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
