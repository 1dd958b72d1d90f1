import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
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

interface Spectral {
  setRuleset: (rules: object) => void
  run: (document: object) => Promise<{ code: string, path: string[], message: string }[]>
}

// Its own types bring those of browsers to the whole repository.
const require = createRequire(import.meta.url)
const { Spectral } = require('@stoplight/spectral-core') as { Spectral: new () => Spectral }
const { oas } = require('@stoplight/spectral-rulesets') as { oas: object }
const spectral = new Spectral()
// Who runs an installation says so on its pages; the document is of all installations.
spectral.setRuleset({ extends: [[oas, 'all']], rules: { 'info-contact': 'off' } })

const lintWithSpectral = async (source: string) =>
  (await spectral.run(JSON.parse(source) as object))
    .map(({ code, path, message }) => `${code} ${path.join('/')} ${message}`)

test.each(readdirSync(folder))('%s: Redocly has nothing to say', async name => {
  expect(await lint(readFileSync(join(folder, name), 'utf8'))).toEqual([])
})

test('Redocly finds an operation that says nothing of who may call it', async () => {
  const source = readFileSync(join(folder, 'gateway.json'), 'utf8')
  expect(await lint(source.replace('"security": []', '"x-nothing": []')))
    .toContainEqual(expect.stringContaining('security-defined'))
})

test.each(readdirSync(folder))('%s: Spectral has nothing to say', async name => {
  expect(await lintWithSpectral(readFileSync(join(folder, name), 'utf8'))).toEqual([])
})

test('Spectral finds a parameter that says nothing of itself', async () => {
  const source = readFileSync(join(folder, 'events.json'), 'utf8')
  expect(await lintWithSpectral(source.replace('"description": "Only of this kind"', '"x-nothing": ""')))
    .toContainEqual(expect.stringContaining('oas3-parameter-description'))
})
