import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames, services } from '@fermata/contracts/services'
import { giveUp, insertBefore, read, writeAll } from './edit-source.ts'
import { planRoute, promise } from './new-operation.ts'
import { root, toCamelCase, type Source } from './sources.ts'

/** `node tools/new-service.ts halls`: one service more, which starts, answers one route and passes `check`. */

const usage = 'node tools/new-service.ts <name>'

/** Why this word does not name a new service; undefined when it does. */
export function refuseService (name?: string): string | undefined {
  if (!/^[a-z]{3,20}$/.test(name ?? '')) return 'A service is called by one word in small letters, in the plural where it has many.'
  return serviceNames.some(known => known === name) || existsSync(join(root, `services/${name}`))
    || existsSync(join(root, `packages/contracts/src/${name}.ts`))
    ? `${name} is there already; nothing was written.` : undefined
}

const markOf = (part: string) => `<!-- ${part}: node tools/generate-service-readmes.ts -->\n<!-- /${part} -->`

const manifestOf = (name: string, version: string) => ({
  name: `@fermata/${name}`, version, private: true, license: 'Apache-2.0', type: 'module', exports: { './*': './*.ts' },
  scripts: {
    start: `SERVICES=${name} node ../../apps/server/main.ts`,
    test: `vitest run --root ../.. services/${name}`,
  },
  dependencies: { '@fermata/contracts': version, '@fermata/platform': version },
  devDependencies: { '@fermata/testkit': version },
})

const contextText = `import type { AnyRoute, EventDefinition } from '@fermata/contracts/define'
import type {
  Context, Handler as PlatformHandler, Operation as PlatformOperation,
} from '@fermata/platform/service'

export type Ctx = Context
export type Operation<R extends AnyRoute> = PlatformOperation<R, Ctx>
export type Handler<E extends EventDefinition> = PlatformHandler<E, Ctx>
`

/** Apart, because the house looks for it at the beginning of lines, in text as well. */
const exported = 'export default'

const contentsText = (name: string, list: string) => `import * as api from '@fermata/contracts/${name}'
import { defineService, route } from '@fermata/platform/service'
import type { Ctx } from './context.ts'
import { ${list} } from './operations/list-${name}.ts'

${exported} defineService<Ctx>({
  name: '${name}',
  routes: [
    route(api.${list}, ${list}),
  ],
})
`

const operationText = (name: string, list: string) => `import type * as api from '@fermata/contracts/${name}'
import type { Operation } from '../context.ts'

/** None, as long as none are kept. */
export const ${list}: Operation<typeof api.${list}> = async () =>
  ({ items: [], next_cursor: null })
`

const testText = (name: string, list: string) => `import { ${list} } from '@fermata/contracts/${name}'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import service from '../service.ts'

let it: TestSystem
beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())

test('${list}: answers administrators alone', async () => {
  const roles = ['admin' as const]
  expect((await it.send(${list}, { token: await it.personToken({ roles }) })).status).toBe(200)
  expect((await it.send(${list}, { token: await it.personToken() })).status).toBe(403)
})
`

const readmeText = (name: string, port: number) => `# ${name}

Says in a sentence or two what it is for.

## Owns
No tables besides the platform's.

## Routes
${markOf('routes')}

The API page is at \`/api/${name}/doc/\`, health at \`/api/${name}/health\` and \`/health/ready\`.

## Events
${markOf('events')}

## Invariants
None yet.

## Settings
${markOf('settings')}

## Run and test alone
\`\`\`sh
DATABASE_URL=postgres://… npm start -w services/${name}   # port ${port}
npm test -w services/${name}
\`\`\`
`

/** Its own files. It keeps nothing yet: CONTRIBUTING.md says how to add a table. */
function ownFiles (name: string, port: number, version: string): Source[] {
  const operation = `list-${name}`
  const list = toCamelCase(operation)
  const route = { ...planRoute('gateway', operation), path: `/api/${name}` }
  const contract = promise(`/** Says in a sentence what ${name} promises. */\n`, operation, route)
  const folder = `services/${name}`
  return [
    { path: `packages/contracts/src/${name}.ts`, text: contract },
    { path: `${folder}/package.json`, text: `${JSON.stringify(manifestOf(name, version), null, 2)}\n` },
    { path: `${folder}/context.ts`, text: contextText },
    { path: `${folder}/service.ts`, text: contentsText(name, list) },
    { path: `${folder}/operations/${operation}.ts`, text: operationText(name, list) },
    { path: `${folder}/operations/${operation}.test.ts`, text: testText(name, list) },
    { path: `${folder}/README.md`, text: readmeText(name, port) },
  ]
}

interface Lock { packages: Record<string, Record<string, unknown>> }

/** The lock file's entries: npm would write them, but would ask the registry as well. */
function lockWith (name: string, version: string): string {
  const lock = JSON.parse(read('package-lock.json')) as Lock
  const { license, dependencies, devDependencies } = manifestOf(name, version)
  const links = Object.entries(lock.packages)
  const last = (prefix: string) => links.findLastIndex(([path]) =>
    path.startsWith(prefix) && path.slice(prefix.length) < name)
  links.splice(last('services/') + 1, 0, [`services/${name}`,
    { name: `@fermata/${name}`, version, license, dependencies, devDependencies }])
  links.splice(last('node_modules/@fermata/') + 1, 0,
    [`node_modules/@fermata/${name}`, { resolved: `services/${name}`, link: true }])
  lock.packages = Object.fromEntries(links)
  Object.assign(lock.packages['apps/server']!.dependencies as object, { [`@fermata/${name}`]: version })
  return `${JSON.stringify(lock, null, 2)}\n`
}

/** Where the house lists its services. What follows from these lists is written by generators. */
function listedIn (name: string, port: number, version: string): Source[] {
  const insert = (path: string, mark: string, added: string) =>
    ({ path, text: insertBefore(path, read(path), mark, added) })
  /** A list of imported modules: one import and one entry more. */
  const join = (path: string, mark: string, imported: string) =>
    ({ path, text: insertBefore(path, read(path), mark, imported).replace(/,\n\}\n$/, `,\n  ${name},\n}\n`) })
  return [
    insert('packages/contracts/src/services.ts', '} as const',
      `  ${name}: { port: ${port}, prefixes: ['/api/${name}'], summary: 'Says in some words what it is for' },\n`),
    join('packages/contracts/src/every-contract.ts', 'import type {', `import * as ${name} from './${name}.ts'\n`),
    join('apps/server/services.ts', '\n/**', `import ${name} from '@fermata/${name}/service'\n`),
    insert('apps/server/package.json', '    "react-router"', `    "@fermata/${name}": "${version}",\n`),
    { path: 'package-lock.json', text: lockWith(name, version) },
    { path: '.oxlintrc.json', text: read('.oxlintrc.json').replaceAll('|auth|backups|', `|auth|backups|${name}|`) },
    insert('services/backups/take-moment.ts', "'gateway', 'backups',", `'${name}', `),
    insert('deploy/make-secrets.sh', '; do\n  keep "${service}_database', ` ${name}`),
    insert('README.md', '\nEach has its own README in', `| \`${name}\` | says in some words what it is for |\n`),
  ]
}

/** Those whose files name every service. */
const generators = ['deploy', 'env-example', 'openapi', 'service-readmes', 'settings']

function main ([name]: string[]): void {
  const refusal = refuseService(name)
  if (refusal !== undefined || name === undefined) return giveUp(refusal ?? '', usage)
  const port = Math.max(...Object.values(services).map(service => service.port)) + 1
  const { version } = JSON.parse(read('apps/server/package.json')) as { version: string }
  const files = [...ownFiles(name, port, version), ...listedIn(name, port, version)]
  // What npm ci makes of the lock file; the generators below need it at once.
  mkdirSync(join(root, 'node_modules/@fermata'), { recursive: true })
  symlinkSync(`../../services/${name}`, join(root, `node_modules/@fermata/${name}`))
  writeAll(files, generators)
  console.log(`
1. Say what it is for: in its README, in README.md, and in packages/contracts/src/services.ts.
2. node tools/new-operation.ts ${name} <verb-noun> makes its next operation; CONTRIBUTING.md says how to add a
   table, an event, a setting.
3. npm run check, and npx vitest run services/${name}.
`)
}

if (import.meta.main) main(process.argv.slice(2))
