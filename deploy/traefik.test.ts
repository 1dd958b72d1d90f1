import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { hostOf, publicPrefixes, targets, type Target } from './front-door.ts'
import {
  renderTraefikAddresses, renderTraefikDynamic, renderTraefikStatic, traefikLabels, type Stage,
} from './traefik.ts'

/** Reads rules as Traefik does, as far as ours go: the matching router of highest priority wins. */
function chosen (routers: { rule: string, priority: number, name: string }[], path: string) {
  const matches = (rule: string) => rule.split(' || ').some(part => {
    const [, kind, value] = /^(Path|PathPrefix|PathRegexp)\(`(.+)`\)$/.exec(part) ?? []
    expect(kind, part).toBeDefined()
    if (kind === 'PathRegexp') return new RegExp(value!).test(path)
    return kind === 'Path' ? path === value : path.startsWith(value!)
  })
  const [first] = routers.filter(({ rule }) => matches(rule))
    .sort((a, b) => b.priority - a.priority)
  return first?.name
}

function routersOf (stage: Stage, entrypoint: string) {
  const labels: Record<string, string> =
    Object.assign({}, ...targets.map(target => traefikLabels(target, stage)))
  const names = new Set(Object.keys(labels).flatMap(key =>
    /^traefik\.http\.routers\.([^.]+)\./.exec(key)?.[1] ?? []))
  const of = (name: string, part: string) => labels[`traefik.http.routers.${name}.${part}`]!
  return [...names].filter(name => of(name, 'entrypoints') === entrypoint).map(name => ({
    name: of(name, 'service'), rule: of(name, 'rule'), priority: Number(of(name, 'priority')) }))
}

test('traefikLabels: every prefix reaches its service, the rest the pages, nothing internal anybody', () => {
  for (const routers of [routersOf('production', 'secure'), routersOf('development', 'public')]) {
    for (const { path, target, is_exact } of publicPrefixes) {
      const expected: Target = path === '/metrics' ? 'web' : target
      expect(chosen(routers, path), path).toBe(hostOf(expected))
      if (!is_exact) expect(chosen(routers, `${path}/a`), path).toBe(hostOf(expected))
    }
    expect(chosen(routers, '/api/ordersx')).toBe('gateway-service')
    // The pages answer 404 to it, as they do to whatever they do not know.
    for (const path of ['/', '/events/rock', '/internal/orders/export'])
      expect(chosen(routers, path), path).toBe('web')
  }
})

test('traefikLabels: the shorthands of development do not exist in production and hide no page', () => {
  const development = routersOf('development', 'public')
  expect(chosen(development, '/auth/health')).toBe('auth-service')
  expect(chosen(development, '/events/health')).toBe('events-service')
  expect(chosen(development, '/events/rock')).toBe('web')
  // There the service itself says which name to use.
  expect(chosen(routersOf('production', 'secure'), '/auth/health')).toBe('auth-service')
  expect(chosen(routersOf('production', 'secure'), '/events/health')).toBe('web')
})

test('traefikLabels: inside, the pages reach services and nothing else', () => {
  const inside = routersOf('production', 'inside')
  expect(chosen(inside, '/api/orders')).toBe('orders-service')
  expect(chosen(inside, '/internal/orders/export')).toBeUndefined()
  expect(chosen(inside, '/')).toBeUndefined()
})

test('renderTraefikDynamic: the dashboard is open in development only', () => {
  expect(parse(renderTraefikStatic('development'))).toMatchObject({ api: { insecure: true } })
  const production = parse(renderTraefikStatic('production')) as { api: object }
  expect(production.api).toEqual({ dashboard: true })
  expect(parse(renderTraefikDynamic('production'))).toMatchObject({ http: {
    routers: { dashboard: { middlewares: ['dashboard'] } },
    middlewares: { dashboard: { basicAuth: {
      users: ['{{ env "DASHBOARD_USER" }}:{{ env "DASHBOARD_PASSWORD_HASH" }}'] } } },
  } })
})

test('renderTraefikAddresses: every target has its addresses and is looked at', () => {
  const of = Object.fromEntries(targets.map(target => [target, [`http://${target}.test:1`]]))
  const { http } = parse(renderTraefikAddresses(of as Record<Target, string[]>)) as {
    http: { services: Record<string, object> } }
  for (const target of targets)
    expect(http.services[target]).toMatchObject({ loadBalancer: {
      servers: [{ url: `http://${target}.test:1` }], healthCheck: { interval: '2s' } } })
})
