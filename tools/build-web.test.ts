import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildWebWhenStale } from './build-web.ts'

/** A checkout with a web app, and a build tool that notes each of its runs and fails when a page says so. */
let folder: string
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const runs = () => existsSync(join(folder, 'runs')) ? readFileSync(join(folder, 'runs'), 'utf8').length : 0
const tool = `
const { appendFileSync, readFileSync } = require('node:fs')
appendFileSync('../../runs', 'x')
if (readFileSync('app/root.tsx', 'utf8') === 'broken') { console.error('root.tsx: no'); process.exit(1) }
setTimeout(() => {}, 100)
`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-build-'))
  put('package-lock.json', '{}')
  put('apps/web/package.json', '{}')
  put('apps/web/react-router.config.ts', 'export default {}')
  put('apps/web/app/root.tsx', 'one')
  put('packages/contracts/src/orders.ts', 'one')
  put('node_modules/@react-router/dev/package.json', '{"bin":{"react-router":"bin.js"}}')
  put('node_modules/@react-router/dev/bin.js', tool)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('buildWebWhenStale: builds once, then finds it fresh', async () => {
  expect(await buildWebWhenStale(folder)).toBe('built')
  expect(await buildWebWhenStale(folder)).toBe('fresh')
  expect(runs()).toBe(1)
})

test.for(['apps/web/app/root.tsx', 'apps/web/vite.config.ts', 'packages/contracts/src/orders.ts', 'package-lock.json'])(
  'buildWebWhenStale: builds again after a change of %s', async path => {
    await buildWebWhenStale(folder)
    put(path, 'two')
    expect(await buildWebWhenStale(folder)).toBe('built')
  })

test('buildWebWhenStale: a change of tests or documents is none', async () => {
  await buildWebWhenStale(folder)
  put('apps/web/app/root.test.tsx', 'two')
  put('apps/web/README.md', 'two')
  expect(await buildWebWhenStale(folder)).toBe('fresh')
})

test('buildWebWhenStale: processes that start together build once', async () => {
  const outcomes = await Promise.all([1, 2, 3].map(() => buildWebWhenStale(folder)))
  expect(outcomes.filter(outcome => outcome === 'built')).toHaveLength(1)
  expect(runs()).toBe(1)
})

test('buildWebWhenStale: takes over from a process that died while it built', async () => {
  put('node_modules/.fermata-web-build/pid', '4194304')
  expect(await buildWebWhenStale(folder)).toBe('built')
})

test('buildWebWhenStale: a failed build says why and is not taken for a finished one', async () => {
  await buildWebWhenStale(folder)
  put('apps/web/app/root.tsx', 'broken')
  await expect(buildWebWhenStale(folder)).rejects.toThrow(/could not be built:[\s\S]*root\.tsx: no/)
  put('apps/web/app/root.tsx', 'one')
  expect(await buildWebWhenStale(folder)).toBe('built')
})

test('buildWebWhenStale: says what to do where the build tool is not installed', async () => {
  rmSync(join(folder, 'node_modules/@react-router'), { recursive: true })
  await expect(buildWebWhenStale(folder)).rejects.toThrow('without --omit=dev')
})

test('buildWebWhenStale: a checkout without the web app has nothing to build', async () => {
  rmSync(join(folder, 'apps/web/react-router.config.ts'))
  expect(await buildWebWhenStale(folder)).toBe('absent')
})
