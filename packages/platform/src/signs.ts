import type { ServiceName } from '@fermata/contracts/services'
import {
  signNames, signsRoute, watched, type Sign, type WatchedMetric,
} from '@fermata/contracts/signs'
import type { Registry } from 'prom-client'
import { route, type BoundRoute, type Context, type Operation } from './service.ts'

/** Tells what administrators see of this service's metrics; what cannot be read now is left out. */
export function signsOf (name: ServiceName): BoundRoute<Context> {
  const asked = signsRoute(name)
  const tellSigns: Operation<typeof asked, Context> = async ({ metrics: { registry } }) => ({
    signs: (await Promise.all(signNames.map(sign => read(registry, name, sign)))).flat(),
  })
  return route(asked, tellSigns)
}

async function read (
  registry: Registry, service: ServiceName, name: Sign['name']
): Promise<Sign[]> {
  const { metric, most, service: teller = service }: WatchedMetric = watched[name]
  if (teller !== service) return []
  const values = (await registry.getSingleMetric(metric)?.get())?.values ?? []
  // What has no service belongs to the process, in which several may be.
  const own = values.filter(({ labels }) => (labels.service ?? service) === service)
  if (own.length === 0) return []
  return [{ name, service, most, value: own.reduce((sum, { value }) => sum + value, 0) }]
}
