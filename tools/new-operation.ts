import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { serviceNames, services, type ServiceName } from '@fermata/contracts/services'
import { addAfterImports, addEntry, addImport, giveUp, read, writeAll } from './edit-source.ts'
import { root, toCamelCase, type Source } from './sources.ts'
import { max_file_lines } from './tidy-rules.ts'

/**
 * `node tools/new-operation.ts orders close-sale`: an operation with its contract, its entry in
 * `service.ts`, its documents and a first test, which fails until it is written. `--event
 * orderCompleted` makes one that handles an event, `--job` one that works in the background.
 */

const usage = 'node tools/new-operation.ts <service> <verb-noun> [--event <name> | --job]'
const verbNoun = /^[a-z]+(?:-[a-z0-9]+)+$/

/** What a verb says of a route; any other verb is a POST to one thing: `/{id}/close`. */
interface Shape { method: string, of: 'one' | 'all', status: 200 | 201 | 204, has_body?: true }
const create: Shape = { method: 'POST', of: 'all', status: 201, has_body: true }
const shapes: Record<string, Shape> = {
  get: { method: 'GET', of: 'one', status: 200 },
  list: { method: 'GET', of: 'all', status: 200 },
  create, add: create,
  update: { method: 'PATCH', of: 'one', status: 200, has_body: true },
  change: { method: 'PATCH', of: 'one', status: 200, has_body: true },
  set: { method: 'PUT', of: 'one', status: 200, has_body: true },
  delete: { method: 'DELETE', of: 'one', status: 204 },
  remove: { method: 'DELETE', of: 'one', status: 204 },
}

const plural = (noun: string) => noun.endsWith('s') ? noun : noun.replace(/y$/, 'ie') + 's'

export interface PlannedRoute extends Shape { path: string, verb: string }

/** The route that an operation's name means. */
export function planRoute (service: ServiceName, operation: string): PlannedRoute {
  const [verb = '', ...nouns] = operation.split('-')
  const shape = shapes[verb] ?? { method: 'POST', of: 'one', status: 200 }
  const prefixes: readonly string[] = services[service].prefixes
  const things = plural(nouns.join('-'))
  const all = prefixes.find(prefix => prefix.endsWith(`/${things}`)) ?? `${prefixes[0]}/${things}`
  const one = `${all}/{id}${verb in shapes ? '' : `/${verb}`}`
  return { ...shape, verb, path: shape.of === 'all' ? all : one }
}

/** Why these words do not name an operation; undefined when they do. */
export function refuse (service?: string, operation?: string): string | undefined {
  if (!serviceNames.some(name => name === service)) return `The service is one of: ${serviceNames.join(', ')}.`
  if (!verbNoun.test(operation ?? '')) return 'The operation is a verb and a noun in kebab-case, e.g. place-order.'
  return undefined
}

const wordsOf = (operation: string) =>
  operation.charAt(0).toUpperCase() + operation.slice(1).replaceAll('-', ' ')

/** The route's contract, which only administrators may call until somebody decides. */
export function contractText (operation: string, route: PlannedRoute): string {
  const thing = 'Type.Object({ id: Uuid, name: Text(200) })'
  const replies = { 200: route.verb === 'list' ? `Page(${thing})` : thing, 201: thing, 204: 'Empty' }
  return `
export const ${toCamelCase(operation)} = defineRoute({
  method: '${route.method}', path: '${route.path}', access: 'admin',${route.status === 201 ? ' idempotent: true,' : ''}
  summary: '${wordsOf(operation)}',
${route.of === 'one' ? '  params: IdParams,\n' : ''}${route.verb === 'list' ? '  query: ListQuery({}),\n' : ''}\
${route.has_body ? '  body: Type.Object({ name: Text(200, 1) }),\n' : ''}\
  reply: { ${route.status}: ${replies[route.status]} },
  problems: [],
})
`
}

/** The contracts of a service with that of an operation at their end. */
export function promise (text: string, operation: string, route: PlannedRoute): string {
  const contract = contractText(operation, route)
  const used = (names: string[]) => names.filter(name => new RegExp(`\\b${name}\\b`).test(contract))
  const fields = used(['IdParams', 'ListQuery', 'Page', 'Text', 'Uuid'])
  const withFields = fields.length === 0 ? text : addImport(text, fields, './fields.ts')
  const withDefine = addImport(withFields, ['defineRoute', ...used(['Empty'])], './define.ts')
  return (contract.includes('Type.') ? addImport(withDefine, ['Type'], 'typebox') : withDefine) + contract
}

const testHead = (imports: string, name: string, operation: string) => `${imports}
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
${name === '' ? '' : `import type { Ctx } from '../context.ts'\nimport service from '../service.ts'\nimport { ${name} } from './${operation}.ts'\n`}\
${name === '' ? 'import service from \'../service.ts\'\n' : ''}
let it: TestSystem
beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())
`

/** An operation that answers a route, and its test. */
export function operationFiles (service: ServiceName, operation: string): [Source, Source] {
  const name = toCamelCase(operation)
  const path = `services/${service}/operations/${operation}`
  const { of, status, has_body } = planRoute(service, operation)
  const params = of === 'one' ? ['params: { id: uuidv7() }'] : []
  const input = [...params, ...has_body ? ['body: { name: \'One\' }'] : []]
  const imports = `import { ${name} } from '@fermata/contracts/${service}'` +
    (of === 'one' ? '\nimport { uuidv7 } from \'@fermata/platform/ids\'' : '')
  const asked = input.length === 0 ? '{ token }' : `{ ${input.join(', ')}, token }`
  return [
    {
      path: `${path}.ts`,
      text: `import { notFound } from '@fermata/contracts/problems'
import type * as api from '@fermata/contracts/${service}'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'

/** Says in a sentence what happens here, and why it may be refused. */
export const ${name}: Operation<typeof api.${name}> = async () => {
  throw new Problem(notFound, 'Nothing is known yet')
}
`
    },
    {
      path: `${path}.test.ts`,
      text: `${testHead(imports, '', operation)}
test('${name}: answers who may ask', async () => {
  const token = await it.personToken({ roles: ['admin'] })
  const { status } = await it.send(${name}, ${asked})
  expect(status).toBe(${status})
})

test('${name}: is for administrators alone', async () => {
  const token = await it.personToken()
  const { status } = await it.send(${name}, ${asked})
  expect(status).toBe(403)
})
`
    }
  ]
}

/** An operation that handles an event of a contract, and its test. */
export function handlerFiles (
  service: ServiceName, operation: string, event: string, from: string
): [Source, Source] {
  const name = toCamelCase(operation)
  const path = `services/${service}/operations/${operation}`
  return [
    {
      path: `${path}.ts`,
      text: `import type { ${event} } from '@fermata/contracts/${from}'
import type { Handler } from '../context.ts'

/** Says in a sentence what follows from it; the README shows that sentence. */
export const ${name}: Handler<typeof ${event}> = async (_ctx, _tx, events) => {
  throw new Error(\`Nothing follows yet from \${events.length} events\`)
}
`
    },
    {
      path: `${path}.test.ts`,
      text: `${testHead(`import type { ${event} } from '@fermata/contracts/${from}'
import type { EventOf } from '@fermata/platform/messages'`, name, operation)}
test('${name}: does what follows, in whatever order events come', async () => {
  const ctx = it.context<Ctx>('${service}')
  const events: EventOf<typeof ${event}>[] = []
  await expect(ctx.transaction(tx => ${name}(ctx, tx, events))).resolves.toBeUndefined()
})
`
    }
  ]
}

/** Work in the background, and its test. */
export function jobFiles (service: ServiceName, operation: string): [Source, Source] {
  const name = toCamelCase(operation)
  const path = `services/${service}/operations/${operation}`
  return [
    {
      path: `${path}.ts`,
      text: `import type { Ctx } from '../context.ts'

/** Says in a sentence what is done. Repeated when it throws: twice must be as good as once. */
export async function ${name} (ctx: Ctx): Promise<void> {
  throw new Error(\`\${ctx.service} does nothing yet\`)
}
`
    },
    {
      path: `${path}.test.ts`,
      text: `${testHead('', name, operation).trimStart()}
test('${name}: does its work, and twice is as good as once', async () => {
  const ctx = it.context<Ctx>('${service}')
  await ${name}(ctx)
  await expect(${name}(ctx)).resolves.toBeUndefined()
})
`
    }
  ]
}

/** The contracts' module that defines an event. */
export function findEvent (event: string): string | undefined {
  const folder = 'packages/contracts/src'
  return readdirSync(join(root, folder)).find(file => new RegExp(`^export const ${event} = defineEvent\\(`, 'm')
    .test(read(`${folder}/${file}`)))?.replace(/\.ts$/, '')
}

/** At the end of the service's contracts; where that file is full, in one of its own that it exports. */
function promisedIn (contract: string, operation: string, route: PlannedRoute): Source[] {
  const text = read(contract)
  const whole = promise(text, operation, route)
  if (whole.split('\n').length <= max_file_lines) return [{ path: contract, text: whole }]
  return [
    { path: `packages/contracts/src/${operation}.ts`, text: promise('', operation, route).replace('\n\n\n', '\n\n') },
    { path: contract, text: addAfterImports(text, `export * from './${operation}.ts'`) },
  ]
}

interface Asked { service: ServiceName, operation: string, event?: string, job?: boolean }

/** All files that an operation needs, new and changed; a sentence when it cannot be made. */
export function planOperation ({ service, operation, event, job }: Asked): Source[] | string {
  const name = toCamelCase(operation)
  const contents = `services/${service}/service.ts`
  const entered = addImport(read(contents), [name], `./operations/${operation}.ts`)
  if ((event !== undefined || job) && !/\bHandler\b/.test(read(`services/${service}/context.ts`)))
    return `${service} keeps nothing, so it handles no events and works at nothing.`
  if (event !== undefined) {
    const from = findEvent(event)
    if (from === undefined) return `No contract defines the event ${event}; it is a name like orderCompleted.`
    const known = new RegExp(`\\bimport \\* as api from '@fermata/contracts/${from}'`).test(entered)
    const imported = known ? entered : addImport(entered, [event], `@fermata/contracts/${from}`)
    const text = addEntry(addImport(imported, ['on'], '@fermata/platform/messages'), 'subscriptions',
      `on(${known ? 'api.' : ''}${event}, ${name})`)
    return [...handlerFiles(service, operation, event, from), { path: contents, text }]
  }
  if (job) {
    const text = addEntry(addImport(entered, ['cron'], '@fermata/platform/jobs'), 'jobs',
      `cron('${operation}', '7 4 * * *', ${name})`)
    return [...jobFiles(service, operation), { path: contents, text }]
  }
  const route = planRoute(service, operation)
  const contract = `packages/contracts/src/${service}.ts`
  if (read(contract).includes(`method: '${route.method}', path: '${route.path}'`))
    return `${route.method} ${route.path} is there already; choose another noun.`
  return [
    ...operationFiles(service, operation),
    ...promisedIn(contract, operation, route),
    { path: contents, text: addEntry(entered, 'routes', `route(api.${name}, ${name})`) },
  ]
}

const nextSteps = ({ service, operation, event, job }: Asked) => `
1. ${event !== undefined ? 'Read in its contract what the event carries; give the test some.'
    : job ? 'It runs by the clock of its entry in service.ts; where an operation asks for it, write job(…) there.'
      : `Decide in packages/contracts/src/${service}.ts who may call it (\`access\`), and what it takes and answers.`}
2. See its test fail, then write the operation:
   npx vitest run services/${service}/operations/${operation}.test.ts
3. node tools/generate-openapi.ts and node tools/generate-service-readmes.ts again, then npm run check.
`

function main (): void {
  const { values: { event, job }, positionals: [service, operation] } = parseArgs({
    allowPositionals: true, options: { event: { type: 'string' }, job: { type: 'boolean' } }
  })
  const refusal = refuse(service, operation)
  if (refusal !== undefined || operation === undefined) return giveUp(refusal ?? '', usage)
  const asked = { service: service as ServiceName, operation, event, job }
  if (existsSync(join(root, `services/${service}/operations/${operation}.ts`)))
    return giveUp(`${operation} of ${service} is there already; nothing was written.`, usage)
  const files = planOperation(asked)
  if (typeof files === 'string') return giveUp(files, usage)
  writeAll(files, ['event-handlers', 'openapi', 'service-readmes'])
  console.log(nextSteps(asked))
}

if (import.meta.main) main()
