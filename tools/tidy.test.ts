import { expect, test } from 'vitest'
import { readSources, type Source } from './sources.ts'
import { exceptions } from './tidy-exceptions.ts'
import { breakableWidth, rules, type Finding } from './tidy-rules.ts'

const sources = readSources()
const findings = new Map(rules.map(rule => [rule.name, rule.find(sources)]))
const excused = (rule: string, finding: Finding) =>
  exceptions.some(exception => exception.rule === rule && exception.file === finding.file)

const at = ({ file, line, message }: Finding) => `${file}${line === undefined ? '' : `:${line}`} ${message}`

for (const rule of rules) {
  test(`${rule.name}: the repository keeps it`, () => {
    const found = findings.get(rule.name) ?? []
    const broken = found.filter(finding => !excused(rule.name, finding))
    expect(broken.map(at), rule.instead).toEqual([])
  })
}

test('exceptions: each still excuses something', () => {
  const stale = exceptions.filter(({ rule, file }) =>
    !findings.get(rule)?.some(finding => finding.file === file))
  expect(stale, 'Take these out of tools/tidy-exceptions.ts').toEqual([])
})

test('exceptions: each says why', () => {
  expect(exceptions.filter(({ reason }) => reason.length < 20)).toEqual([])
})

const lines = (count: number, line = 'export const a = 1') => `${line}\n`.repeat(count)
const long = `export function placeOrder () {\n${lines(80, '  work()')}}\n`
const mark = ['TO', 'DO'].join('')

/** For each rule, files that break it: a rule that finds nothing here protects nothing. */
const violations: Record<string, Source[]> = {
  'file-size': [
    { path: 'packages/platform/src/big.ts', text: lines(401) },
    { path: 'services/orders/operations/place-order.ts', text: lines(151) }
  ],
  'function-size': [{ path: 'services/orders/operations/place-order.ts', text: long }],
  'line-width': [{ path: 'packages/platform/src/wide.ts', text: `export const sum = ${'one + '.repeat(20)}one\n` }],
  'file-name': [
    { path: 'services/orders/operations/placeOrder.ts', text: '' },
    { path: 'services/orders/migrations/orders.SQL', text: '' }
  ],
  'forbidden-name': [
    { path: 'services/orders/utils.ts', text: '' }, { path: 'packages/platform/src/index.ts', text: '' },
    { path: 'services/orders/order-manager.ts', text: '' }, { path: 'apps/web/app/test-helpers.tsx', text: '' }
  ],
  'default-export': [{ path: 'services/orders/queries.ts', text: 'export default 1\n' }],
  'service-shape': [{ path: 'services/orders/service.ts', text: '' }],
  'operation-export': [{ path: 'services/orders/operations/place-order.ts', text: 'export const place = 1\n' }],
  'operation-test': [
    { path: 'services/orders/operations/place-order.ts', text: 'export const placeOrder = 1\n' },
    { path: 'services/events/test/other.test.ts', text: 'test(\'placeOrder: another service\', check)\n' }
  ],
  unfinished: [
    { path: 'packages/platform/src/call.ts', text: `// ${mark}: later\n` },
    { path: 'services/orders/rules/allocate.test.ts', text: 'test.skip(\'allocate: later\', check)\n' }
  ],
  'sql-place': [
    { path: 'services/orders/operations/place-order.ts', text: 'const rows = await sql<Row>`select 1`.execute(tx)\n' },
    { path: 'services/orders/rules/allocate.ts', text: 'await db.selectFrom(\'pools\').execute()\n' },
    { path: 'apps/server/main.ts', text: 'await client.query(\'select id from orders.pools\')\n' }
  ],
  statement: [
    { path: 'services/orders/queries.ts', text: 'const a = await client.query<Row>({ text: \'select 1\' })\n' },
    { path: 'services/orders/queries/sell.ts', text: 'const a = await pool.query(`select 1`)\n' },
    { path: 'services/events/queries.ts', text: 'sql`select * from unnest(${a.map(one => one.id)}::uuid[], ${b}::text[])`\n' },
    { path: 'packages/platform/src/relay.ts', text: 'await client.query(\'select 1\')\n' }
  ],
  'session-lock': [
    { path: 'services/orders/queries.ts', text: 'const a = sql`select pg_try_advisory_lock(1)`\n' },
    { path: 'services/events/queries.ts', text: 'const a = sql`select pg_advisory_unlock(1)`\n' }
  ],
  environment: [{ path: 'services/orders/config.ts', text: 'export const port = process.env.PORT\n' }],
  'package-boundary': [
    { path: 'services/orders/queries.ts', text: 'import { a } from \'../events/queries.ts\'\n' },
    { path: 'apps/web/app/root.tsx', text: 'const a = await import(\'../../server/env.ts\')\n' },
    { path: 'apps/server/main.ts', text: 'export { a } from \'../../tools/check.ts\'\n' }
  ],
  'code-shape': [
    { path: 'services/orders/queries.ts', text: 'const a = 1;\n' },
    { path: 'services/orders/config.ts', text: 'a() \n' },
    { path: 'services/orders/rules/a.ts', text: 'export function a(b: string) {}\n' },
    { path: 'services/orders/rules/b.ts', text: 'import { a } from "./a.ts"\n' }
  ],
  'comment-alone': [{ path: 'services/orders/late.ts', text: '/** The same, but later. */\nexport const later = 1\n' }],
  'document-links': [{ path: 'docs/concepts/money.md', text: 'See [the ledger](ledger.md#sums).\n' }]
}

for (const rule of rules) {
  test(`${rule.name}: is broken by each example`, () => {
    const examples = violations[rule.name] ?? []
    const found = new Set(rule.find(examples).map(({ file }) =>
      file.replace(/(README\.md|package\.json)$/, 'service.ts')))
    const meant = examples.filter(({ path }) => rule.name !== 'operation-test' || path.includes('/operations/'))
    expect([...found].sort()).toEqual(meant.map(example => example.path).sort())
    expect(meant.length).toBeGreaterThan(0)
  })
}

test('function-size: a function declared inside another counts for itself', () => {
  const inner = `  function inner () {\n${lines(40, '    work()')}  }\n`
  const text = `export function outer () {\n${inner}${inner}}\n`
  const rule = rules.find(({ name }) => name === 'function-size')
  expect(rule?.find([{ path: 'packages/platform/src/factory.ts', text }])).toEqual([])
})

test('line-width: the inside of strings, templates, patterns and addresses is not counted', () => {
  const filler = 'x'.repeat(200)
  const unbreakable = [
    `const a = '${filler}'`, `const a = \`${filler}\``, `// https://example.org/${filler}`, `a(/${filler}/)`
  ]
  for (const line of unbreakable) {
    expect(breakableWidth(line), line).toBeLessThan(30)
  }
  expect(breakableWidth(`const a = ${filler}`)).toBe(210)
})
