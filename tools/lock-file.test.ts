import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listFiles, root } from './sources.ts'

interface Locked {
  version?: string
  license?: string
  link?: boolean
  /** Comes inside another package's archive, whose digest covers it. */
  inBundle?: boolean
  resolved?: string
  integrity?: string
  hasInstallScript?: boolean
  optionalDependencies?: Record<string, string>
}
interface Lock { packages: Record<string, Locked> }
interface Manifest {
  license?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  overrides?: Record<string, string>
  allowScripts?: Record<string, boolean>
}

const read = <T>(path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as T
const lock = read<Lock>('package-lock.json')
const manifest = read<Manifest>('package.json')
const manifests = listFiles()
  .filter(path => /(^|\/)package\.json$/.test(path))
  .map(path => [path, read<Manifest>(path)] as const)
const installed = Object.entries(lock.packages).filter(([path]) => path.includes('node_modules/'))
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/**
 * npm leaves an optional package that did not resolve out of the lock without a word, and `npm ci`
 * then fails, or passes here and breaks on another platform.
 */
function missingOptionals ({ packages }: Lock): string[] {
  const names = new Set(Object.keys(packages).map(nameOf))
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(name => !names.has(name)).map(name => `${name}, wanted by ${path}`))
}

test('lock file: every optional package that another one names is in it', () => {
  expect(missingOptionals(lock), 'Pin the newest version whose platform packages all resolve').toEqual([])
})

test('lock file: an optional package that is left out is noticed', () => {
  const wanting = { packages: { 'node_modules/a': { optionalDependencies: { 'a-linux-x64': '1.0.0' } } } }
  expect(missingOptionals(wanting)).toEqual(['a-linux-x64, wanted by node_modules/a'])
})

test('lock file: names no address of a registry, so any mirror can serve it', () => {
  const addressed = installed.filter(([, { resolved, link }]) => resolved !== undefined && !link)
  expect(addressed.map(([path]) => path), 'npm install with omit-lockfile-registry-resolved=true').toEqual([])
})

test('lock file: every package has a version and a digest', () => {
  const bare = installed.filter(([, { link, inBundle, version, integrity }]) =>
    !link && !inBundle && !(version && integrity?.startsWith('sha512-')))
  expect(bare.map(([path]) => path)).toEqual([])
})

test('lock file: only packages allowed by name run a script at install', () => {
  const scripted = new Set(installed
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => nameOf(path)))
  const listed = Object.keys(manifest.allowScripts ?? {})
  expect([...scripted].filter(name => !listed.includes(name)), 'Decide in package.json, allowScripts').toEqual([])
  expect(listed.filter(name => !scripted.has(name)), 'Take these out of allowScripts').toEqual([])
})

test('package.json: every version is exact', () => {
  const loose = manifests.flatMap(([path, asked]) =>
    Object.entries({
      ...asked.dependencies, ...asked.devDependencies,
      ...asked.optionalDependencies, ...asked.overrides
    })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${path}: ${name} ${version}`))
  expect(loose, 'Write the exact version').toEqual([])
})

test('package.json: two packages never ask for different versions of one library', () => {
  const versions = new Map<string, Set<string>>()
  for (const [, { dependencies, devDependencies }] of manifests) {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      versions.set(name, (versions.get(name) ?? new Set()).add(version))
    }
  }
  expect([...versions].filter(([, found]) => found.size > 1).map(([name]) => name)).toEqual([])
})

/** Licences that let anyone use, change and ship Fermata; the named ones are explained in NOTICE. */
const permissive = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'MIT-0', 'Unlicense', 'BlueOak-1.0.0']
const explained: Record<string, string> = {
  'argparse': 'Python-2.0', 'axe-core': 'MPL-2.0', 'caniuse-lite': 'CC-BY-4.0', 'dejavu-fonts-ttf': 'Bitstream Vera',
  'lightningcss': 'MPL-2.0', 'png-js': 'MIT', 'railroad-diagrams': 'CC0-1.0', 'type-fest': 'CC0-1.0', 'web-push': 'MPL-2.0'
}

test('licences: every package is permissive, or explained in NOTICE', () => {
  const notice = readFileSync(join(root, 'NOTICE'), 'utf8')
  const unexplained = installed
    .filter(([, { link, license }]) => !link && !permissive.includes(license ?? ''))
    .map(([path]) => nameOf(path).replace(/^(lightningcss)-.*/, '$1'))
    .filter(name => explained[name] === undefined || !notice.includes(name))
  expect([...new Set(unexplained)], 'Choose another package, or explain it in NOTICE').toEqual([])
})
