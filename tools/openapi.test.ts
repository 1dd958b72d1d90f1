import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { expect, test } from 'vitest'
import { root } from './sources.ts'

/** What others make clients, pages and checks from has to be sound for their tools too. */

const folder = join(root, 'docs/openapi')

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    // A router that takes the literal segment first knows `orders/{id}` from `{id}/read`.
    'no-ambiguous-paths': 'off',
  },
})

const lint = async (source: string) =>
  (await lintFromString({ source, absoluteRef: join(folder, 'document.json'), config }))
    .map(({ ruleId, message, location: [at] }) => `${ruleId} ${at?.pointer ?? ''} ${message}`)

test.each(readdirSync(folder))('%s: Redocly has nothing to say', async name => {
  expect(await lint(readFileSync(join(folder, name), 'utf8'))).toEqual([])
})

test('Redocly finds an operation that says nothing of who may call it', async () => {
  const source = readFileSync(join(folder, 'gateway.json'), 'utf8')
  expect(await lint(source.replace('"security": []', '"x-nothing": []')))
    .toContainEqual(expect.stringContaining('security-defined'))
})
