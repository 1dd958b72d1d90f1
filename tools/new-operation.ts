import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { serviceNames } from '@fermata/contracts/services'
import { root, toCamelCase, type Source } from './sources.ts'

/** `node tools/new-operation.ts orders close-sale`: an operation and its first test, failing until it is written. */

const verbNoun = /^[a-z]+(?:-[a-z0-9]+)+$/

/** Why these words do not name an operation; undefined when they do. */
export function refuse (service?: string, operation?: string): string | undefined {
  if (!serviceNames.some(name => name === service)) return `The service is one of: ${serviceNames.join(', ')}.`
  if (!verbNoun.test(operation ?? '')) return 'The operation is a verb and a noun in kebab-case, e.g. place-order.'
  return undefined
}

/** The two files, in the shape that every operation has. */
export function operationFiles (service: string, operation: string): [Source, Source] {
  const name = toCamelCase(operation)
  const path = `services/${service}/operations/${operation}`
  return [
    {
      path: `${path}.ts`,
      text: `import { notFound } from '@fermata/contracts/problems'
import type * as api from '@fermata/contracts/${service}'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'

/** Says in a sentence what happens here, and why it may be refused. */
export const ${name}: Operation<typeof api.${name}> = async (_ctx, { params }) => {
  throw new Problem(notFound, \`Nothing is known about \${params.id} yet\`)
}
`
    },
    {
      path: `${path}.test.ts`,
      text: `import { ${name} } from '@fermata/contracts/${service}'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import service from '../service.ts'

let it: TestSystem
beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())

test('${name}: answers who may ask', async () => {
  const token = await it.personToken()
  const { status } = await it.send(${name}, { params: { id: uuidv7() }, token })
  expect(status).toBe(200)
})

test('${name}: needs a valid token', async () => {
  const { status } = await it.send(${name}, { params: { id: uuidv7() }, token: 'forged' })
  expect(status).toBe(401)
})
`
    }
  ]
}

/** What a person adds by hand, because it is theirs to decide. */
export function nextSteps (service: string, operation: string): string {
  const name = toCamelCase(operation)
  return `
1. Promise it in packages/contracts/src/${service}.ts:

   export const ${name} = defineRoute({
     method: 'POST', path: '/api/${service}/{id}/${operation}', access: 'user',
     summary: 'One line for the API page',
     params: Type.Object({ id: Uuid }),
     reply: { 200: Type.Object({ id: Uuid }) },
     problems: [],
   })

2. Enter it in services/${service}/service.ts:

   import { ${name} } from './operations/${operation}.ts'
   …
   route(api.${name}, ${name}),

3. See its test fail, then write the operation:

   npx vitest run services/${service}/operations/${operation}.test.ts

4. One test for each problem it declares, then: npm run check
`
}

function main ([service, operation]: string[]): void {
  const refusal = refuse(service, operation)
  if (refusal !== undefined || service === undefined || operation === undefined) {
    console.error(`${refusal}\nUsage: node tools/new-operation.ts <service> <verb-noun>`)
    process.exitCode = 1
    return
  }
  const files = operationFiles(service, operation)
  const existing = files.find(({ path }) => existsSync(join(root, path)))
  if (existing) {
    console.error(`${existing.path} is there already; nothing was written.`)
    process.exitCode = 1
    return
  }
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
  console.log(nextSteps(service, operation))
}

if (import.meta.main) main(process.argv.slice(2))
