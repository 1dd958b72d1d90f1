import { spawnSync } from 'node:child_process'
import {
  cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { serviceNames } from '@fermata/contracts/services'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { createDataFolder, startServerProcess } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listFiles, readSources, root } from '../../tools/sources.ts'
import { rules } from '../../tools/tidy-rules.ts'

/** `node tools/new-service.ts halls` in a copy of the repository: what it makes starts and keeps the house's rules. */

const copy = mkdtempSync(join(tmpdir(), 'fermata-new-service-'))
/** The tool runs five generators, each of which loads the whole product: some ten seconds of one core. */
const started_within_ms = 300_000

function run (...parameters: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, parameters, { cwd: copy, encoding: 'utf8' })
  return stdout + stderr
}

/** What is installed serves the copy as well; the repository's own packages are the copy's. */
function installLike (folder: string): void {
  const installed = join(root, folder, 'node_modules')
  mkdirSync(join(copy, folder, 'node_modules/@fermata'), { recursive: true })
  for (const name of readdirSync(installed)) {
    if (name !== '@fermata') symlinkSync(join(installed, name), join(copy, folder, 'node_modules', name))
  }
}

beforeAll(() => {
  for (const path of listFiles()) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    cpSync(join(root, path), join(copy, path))
  }
  installLike('.')
  for (const name of readdirSync(join(root, 'node_modules/@fermata'))) {
    const kind = ['contracts', 'platform', 'testkit'].includes(name) ? 'packages'
      : ['server', 'web'].includes(name) ? 'apps' : 'services'
    symlinkSync(`../../${kind}/${name}`, join(copy, 'node_modules/@fermata', name))
  }
  expect(run('tools/new-service.ts', 'halls')).toContain('wrote services/halls/service.ts')
}, started_within_ms)
afterAll(() => rmSync(copy, { recursive: true, force: true }))

test('new-service: what it makes keeps the house rules, and every list that names services has it', () => {
  const sources = readSources(copy).filter(({ path }) =>
    !path.startsWith('docs/') && (path.includes('halls') || path.startsWith('apps/server/') || path.startsWith('tests/')))
  expect(rules.filter(({ name }) => name !== 'document-links').flatMap(rule => rule.find(sources))
    .filter(({ file }) => file.includes('halls'))).toEqual([])
  for (const path of ['compose.yml', 'deploy/make-secrets.sh', 'deploy/nginx/production.conf', 'docs/settings.md',
    'services/backups/take-moment.ts', 'docs/openapi/gateway.json', 'package-lock.json', 'README.md'])
    expect(readFileSync(join(copy, path), 'utf8'), path).toContain('halls')
  expect(readFileSync(join(copy, 'services/halls/README.md'), 'utf8'))
    .toContain('[GET `/api/halls`](operations/list-halls.ts) | admin |')
})

test('new-service: what it makes compiles, with operations of each kind', () => {
  const operations = [['close-hall'], ['greet-buyers', '--event', 'orderCompleted'], ['remove-old', '--job']]
  // Without documents: the tool itself is tried beside it, its generators by their own tests.
  writeFileSync(join(copy, 'add.ts'), `
import { writeAll } from './tools/edit-source.ts'
import { planOperation } from './tools/new-operation.ts'
for (const [operation, flag, event] of ${JSON.stringify(operations)}) {
  const files = planOperation({ service: 'halls', operation, event, job: flag === '--job' } as never)
  if (typeof files === 'string') throw new Error(files)
  writeAll(files, [])
}
`)
  expect(run('add.ts')).toContain('wrote services/halls/operations/remove-old.test.ts')
  rmSync(join(copy, 'add.ts'))
  writeFileSync(join(copy, 'tsconfig.halls.json'), JSON.stringify({
    extends: './tsconfig.json', include: ['apps/server/services.ts', 'services/halls/**/*.ts'],
  }))
  expect(run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.halls.json')).toBe('')
}, started_within_ms)

test.each([
  ['alone, as when services are split', 'halls'],
  ['with the others in one process', [...serviceNames, 'halls'].join(',')],
])('new-service: what it makes starts %s', async (_, SERVICES) => {
  const [data, database] = await Promise.all([createDataFolder(), createTestDatabase()])
  const environment = { SERVICES, DATABASE_URL: database.url }
  const server = await startServerProcess(data.folder, environment, copy)
  const health = await fetch(`${server.url}/api/halls/health/ready`)
  expect(health.status).toBe(200)
  expect((await fetch(`${server.url}/api/halls`)).status).toBe(401)
  expect(await server.stop()).toBe(0)
  await data.remove()
  await database.drop()
}, started_within_ms)
