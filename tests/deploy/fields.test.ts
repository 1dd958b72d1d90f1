import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TSchema } from 'typebox'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { composeDevelopment, composeProduction } from '../../deploy/compose.ts'
import { targets } from '../../deploy/front-door.ts'
import { natsValues } from '../../deploy/kubernetes/databases.ts'
import { exampleInstallation } from '../../deploy/kubernetes/installation.ts'
import { toYaml } from '../../deploy/kubernetes/manifests.ts'
import { alertsOf } from '../../deploy/kubernetes/monitoring.ts'
import { sizeNames, type SizeName } from '../../deploy/kubernetes/sizes.ts'
import { traefikLabels } from '../../deploy/traefik.ts'
import { mistakes } from './fields/closed.ts'
import { AdapterValues, NatsValues } from './fields/charts.ts'
import { knownLabel, TraefikRoutes, TraefikSettings } from './fields/traefik.ts'

/** What we write for programs that cannot be asked here has only fields that they know. */

const folder = resolve(import.meta.dirname, '../../deploy')
const read = (file: string) => readFileSync(resolve(folder, file), 'utf8')

const natsOf = (size: SizeName) => toYaml([natsValues({ ...exampleInstallation, size })])

function expectNoMistake (schema: TSchema, file: string, documents: unknown[]): void {
  expect(documents.length, file).toBeGreaterThan(0)
  for (const one of documents) expect(mistakes(schema, one), file).toEqual([])
}

/** A text with one word misspelt is refused: the list of fields is closed where it is used. */
function expectRefused (schema: TSchema, text: string, [right, wrong]: [string, string]): void {
  const misspelt = text.replace(right, wrong)
  expect(misspelt).not.toBe(text)
  expect(mistakes(schema, parse(misspelt)), wrong).not.toEqual([])
}

test('traefik: its settings and its files of routes have the fields that Traefik 3 knows', () => {
  for (const stage of ['development', 'production']) {
    expectNoMistake(TraefikSettings, `traefik/${stage}.yml`, [parse(read(`traefik/${stage}.yml`))])
    expectNoMistake(TraefikRoutes, `traefik/${stage}-shared.yml`,
      [parse(read(`traefik/${stage}-shared.yml`))])
  }
  expectNoMistake(TraefikRoutes, 'one-machine.yml', [parse(read('traefik/one-machine.yml'))])
  for (const wrong of [['graceTimeOut', 'graceTimeout'], ['idleConnTimeout: 2s', 'idleConnTimeout: 2'],
    ['exposedByDefault', 'exposeByDefault'], ['address: :443', 'address: 443']] as [string, string][])
    expectRefused(TraefikSettings, read('traefik/production.yml'), wrong)
  for (const wrong of [['inFlightReq', 'inFlightRequest'], ['minVersion', 'minimumVersion'],
    ['burst: 5000', 'burst: many'], ['service: api@internal', 'services: api@internal'],
    // Without it the limit of one visitor is that of all together.
    ['sourceCriterion', 'criterion']] as [string, string][])
    expectRefused(TraefikRoutes, read('traefik/production-shared.yml'), wrong)
})

test('traefik: labels are those it reads, and name middlewares and entry points that exist', () => {
  for (const stage of ['development', 'production'] as const) {
    const { entryPoints } = parse(read(`traefik/${stage}.yml`)) as { entryPoints: object }
    const { http } = parse(read(`traefik/${stage}-shared.yml`)) as { http: { middlewares: object } }
    const middlewares = Object.keys(http.middlewares).map(name => `${name}@file`)
    const labels = targets.flatMap(one => Object.entries(traefikLabels(one, stage)))
    for (const [label, value] of labels) {
      expect(knownLabel(label), label).toBe(true)
      if (label.endsWith('.entrypoints')) expect(Object.keys(entryPoints)).toContain(value)
      if (label.endsWith('.middlewares'))
        for (const name of value.split(',')) expect(middlewares).toContain(name)
    }
  }
  expect(knownLabel('traefik.http.routers.orders-service.entrypoint')).toBe(false)
  expect(knownLabel('traefik.http.services.web.loadbalancer.servers.port')).toBe(false)
})

test('charts: NATS and the adapter of metrics get the values that their charts know', () => {
  for (const size of sizeNames) expectNoMistake(NatsValues, `nats of ${size}`, [parse(natsOf(size))])
  const adapter = read('kubernetes/values/prometheus-adapter.yaml')
  expectNoMistake(AdapterValues, 'prometheus-adapter', [parse(adapter)])

  expectRefused(NatsValues, natsOf('tour'), ['fileStore', 'fileStorage'])
  expectRefused(AdapterValues, adapter, ['metricsQuery', 'query'])
})

test('alerts: Prometheus reads every expression, and refuses one that is broken', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'fermata-alerts-'))
  const check = (rules: unknown) => {
    writeFileSync(join(temporary, 'rules.yml'), stringify(rules))
    return spawnSync('promtool', ['check', 'rules', join(temporary, 'rules.yml')], { encoding: 'utf8' })
  }
  try {
    const { spec } = alertsOf({ ...exampleInstallation, size: 'medium' })
    expect(check(spec)).toMatchObject({ status: 0 })
    const [rule] = spec.groups![0]!.rules!
    expect(check({ groups: [{ name: 'broken', rules: [{ ...rule, expr: 'sum by service (up' }] }] }))
      .toMatchObject({ status: 1 })
  } finally {
    rmSync(temporary, { recursive: true })
  }
})

test('images: each is named by an exact version', () => {
  const named = [composeDevelopment(), composeProduction()]
    .flatMap(file => Object.values(file.services).map(({ image }) => image!))
    .filter(image => !image.startsWith('fermata:'))
  expect(named.filter(image => !/:v?\d+\.\d+\.\d+|:18\.\d+-/.test(image))).toEqual([])
})

test('compose: every file of ours that a container mounts is there', () => {
  const mounted = [composeDevelopment(), composeProduction()]
    .flatMap(file => Object.values(file.services).flatMap(({ volumes = [] }) => volumes))
    .map(volume => volume.split(':')[0]!).filter(from => from.startsWith('./deploy'))
  expect(mounted).toContain('./deploy/nats/development.conf')
  expect(mounted.filter(from => !existsSync(resolve(folder, '..', from)))).toEqual([])
})

test('nats: a message may be as large in every deployment as where it was tested', () => {
  for (const name of ['development', 'cluster'])
    expect(read(`nats/${name}.conf`)).toMatch(/^max_payload: 8MB$/m)
  for (const size of sizeNames)
    expect(natsOf(size)).toContain('max_payload: << 8MB >>')
  const split = readFileSync(resolve(folder, '../apps/server/split/carrier.ts'), 'utf8')
  expect(split).toContain('\'max_payload: 8MB\'')
})
