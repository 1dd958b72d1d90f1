import { readdirSync } from 'node:fs'
import type { AnyRoute } from '@fermata/contracts/define'
import * as platform from '@fermata/contracts/platform'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'

/** Every route that some contract declares, with the service that answers it. */

export interface ServedRoute { service: ServiceName, name: string, route: AnyRoute }

const isRoute = (value: unknown): value is AnyRoute =>
  typeof value === 'object' && value !== null && 'method' in value && 'path' in value &&
  'access' in value

export async function allRoutes (): Promise<ServedRoute[]> {
  const folder = new URL('../../../packages/contracts/src/', import.meta.url)
  const names = readdirSync(folder).flatMap(file => serviceNames.filter(name => file === `${name}.ts`))
  const found = await Promise.all(names.map(async service => {
    const contract = await import(`@fermata/contracts/${service}`) as Record<string, unknown>
    const own = Object.entries(contract).flatMap(([name, route]) => isRoute(route)
      ? [{ service, name, route }] : [])
    const common = Object.entries(platform).flatMap(([name, make]) => typeof make === 'function'
      ? [{ service, name, route: (make as (name: ServiceName) => AnyRoute)(service) }] : [])
    return [...own, ...common]
  }))
  return found.flat()
}
