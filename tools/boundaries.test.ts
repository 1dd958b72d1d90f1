import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { serviceNames } from '@fermata/contracts/services'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './sources.ts'

/** An import written in a file at `path`. The lint must refuse it, or must let it pass. */
interface Case { path: string, imports: string, says?: string }

const service = 'services/orders'

const refused: Case[] = [
  ...serviceNames.map(name => ({
    path: `services/${name === 'orders' ? 'events' : 'orders'}/operations/import-${name}.ts`,
    imports: `@fermata/${name}/service`, says: 'A service knows contracts and platform only'
  })),
  { path: `${service}/operations/a.ts`, imports: '../../events/queries.ts', says: 'does not reach out of its folder' },
  { path: `${service}/operations/b.ts`, imports: '@fermata/server/env', says: 'A service knows contracts and platform only' },
  { path: `${service}/operations/c.ts`, imports: 'nodemailer', says: 'adapters/ only' },
  { path: `${service}/operations/d.ts`, imports: '@node-rs/argon2', says: 'adapters/ only' },
  { path: `${service}/d2.ts`, imports: 'kysely', says: 'adapters/ only' },
  { path: `${service}/operations/e.ts`, imports: '@fermata/testkit/start-service', says: 'contracts and platform only' },
  { path: `${service}/adapters/f.ts`, imports: '@fermata/events/queries', says: 'A service knows contracts and platform only' },
  { path: `${service}/adapters/g.ts`, imports: '../../events/queries.ts', says: 'does not reach out of its folder' },
  { path: `${service}/rules/h.ts`, imports: '@fermata/platform/database', says: 'Rules are pure' },
  { path: `${service}/rules/i.ts`, imports: '../queries.ts', says: 'Rules are pure' },
  { path: `${service}/rules/j.ts`, imports: 'kysely', says: 'Rules are pure' },
  { path: `${service}/rules/k.ts`, imports: 'node:fs', says: 'Rules are pure' },
  { path: `${service}/operations/l.test.ts`, imports: '@fermata/events/service', says: 'knows its own service only' },
  { path: `${service}/test/m.ts`, imports: '../../events/queries.ts', says: 'knows its own service only' },
  { path: 'packages/contracts/src/n.ts', imports: '@fermata/platform/ids', says: 'Contracts are pure data' },
  { path: 'packages/contracts/src/o.ts', imports: 'node:crypto', says: 'Contracts are pure data' },
  { path: 'packages/contracts/src/p.ts', imports: 'kysely', says: 'Contracts are pure data' },
  { path: 'packages/contracts/src/fake.test.ts', imports: '@fermata/testkit/start', says: 'tested without those' },
  { path: 'packages/platform/src/q.ts', imports: '@fermata/orders/service', says: 'Platform stands on contracts alone' },
  { path: 'packages/platform/src/r.ts', imports: '@fermata/testkit/a', says: 'Platform stands on contracts alone' },
  { path: 'packages/platform/src/s.ts', imports: '../../../services/orders/queries.ts', says: 'Import packages by name' },
  { path: 'packages/testkit/src/t.ts', imports: '@fermata/orders/service', says: 'Only apps/server imports services' },
  { path: 'tests/u.test.ts', imports: '../services/orders/service.ts', says: 'Only apps/server imports services' },
  { path: 'tests/u2.test.ts', imports: '@fermata/orders/service', says: 'Only apps/server imports services' },
  { path: 'tools/v.ts', imports: '@fermata/orders/service', says: 'Only apps/server imports services' },
  { path: 'apps/web/app/w.ts', imports: '@fermata/platform/database', says: 'The web app knows contracts only' },
  { path: 'apps/web/app/x.tsx', imports: '@fermata/orders/service', says: 'The web app knows contracts only' },
  { path: 'apps/web/app/y.ts', imports: '../../../services/orders/queries.ts', says: 'knows contracts only' }
]

const allowed: Case[] = [
  { path: 'apps/server/fine-a.ts', imports: '@fermata/orders/service' },
  { path: 'apps/server/fine-b.ts', imports: 'fastify' },
  { path: 'apps/web/app/fine-c.ts', imports: '@fermata/contracts/orders' },
  { path: 'packages/contracts/src/fine-d.ts', imports: 'typebox' },
  { path: 'packages/contracts/src/fine-n.test.ts', imports: 'vitest' },
  { path: 'packages/platform/src/fine-e.ts', imports: '@fermata/contracts/define' },
  { path: `${service}/operations/fine-f.ts`, imports: '../rules/allocate.ts' },
  { path: `${service}/operations/fine-g.ts`, imports: '@fermata/platform/problem' },
  { path: `${service}/queries-fine.ts`, imports: '@fermata/platform/sql' },
  { path: `${service}/adapters/fine-h.ts`, imports: 'nodemailer' },
  { path: `${service}/rules/fine-i.ts`, imports: './order-states.ts' },
  { path: `${service}/rules/fine-j.ts`, imports: '@fermata/contracts/orders' },
  { path: `${service}/rules/fine-k.test.ts`, imports: 'fast-check' },
  { path: `${service}/operations/fine-l.test.ts`, imports: '@fermata/testkit/start-service' },
  { path: 'tests/end-to-end/fine-m.test.ts', imports: '@fermata/server/main' },
  { path: 'tests/end-to-end/fine-o.test.ts', imports: '@fermata/orders/test/stores/orders-with' }
]

interface Diagnostic { message: string, code: string, help?: string, filename: string }
interface Report { diagnostics: Diagnostic[] }

const folder = mkdtempSync(join(tmpdir(), 'fermata-boundaries-'))
let report: Report

function put (path: string, text: string) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

beforeAll(() => {
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
  for (const { path, imports } of [...refused, ...allowed]) {
    put(path, `import type { a } from '${imports}'\nexport type A = typeof a\n`)
  }
  put('services/orders/rules/one.ts', 'import { two } from \'./two.ts\'\nexport const one = () => two\n')
  put('services/orders/rules/two.ts', 'import { one } from \'./one.ts\'\nexport const two = () => one\n')
  put('packages/platform/src/promise.ts', [
    'declare function run (task: () => void): void',
    'export const later = async () => 1',
    'later()',
    'run(async () => { await 1 })',
    ''
  ].join('\n'))
  const compilerOptions = { strict: true, module: 'nodenext', noEmit: true }
  put('tsconfig.json', JSON.stringify({ compilerOptions }))
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '--type-aware', '-f', 'json', '.'],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (!stdout.startsWith('{')) throw new Error(`oxlint answered: ${stdout}${stderr}`)
  report = JSON.parse(stdout) as Report
// On a machine that does other things as well, lint takes its time.
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const about = (path: string, rule: string) =>
  report.diagnostics.filter(found => found.filename === path && found.code.includes(rule))

test.for(refused)('boundaries: $path may not import $imports', ({ path, says = '' }) => {
  const found = about(path, 'no-restricted-imports')
  expect(found.map(({ message, help }) => `${message} ${help}`).join('\n')).toContain(says)
})

test.for(allowed)('boundaries: $path may import $imports', ({ path }) => {
  expect(about(path, 'no-restricted-imports')).toEqual([])
})

test('boundaries: files may not import each other in a circle', () => {
  expect(about('services/orders/rules/one.ts', 'no-cycle')).toHaveLength(1)
})

test('boundaries: a promise may not be dropped, or await nothing', () => {
  expect(about('packages/platform/src/promise.ts', 'no-floating-promises')).toHaveLength(1)
  expect(about('packages/platform/src/promise.ts', 'await-thenable')).toHaveLength(1)
  expect(about('packages/platform/src/promise.ts', 'no-misused-promises')).toHaveLength(1)
})
