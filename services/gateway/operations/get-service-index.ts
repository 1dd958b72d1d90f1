import type * as api from '@fermata/contracts/gateway'
import { serviceNames, services } from '@fermata/contracts/services'
import type { Operation } from '../context.ts'

/** Where a program that knows one address finds all the others. */
export const getServiceIndex: Operation<typeof api.getServiceIndex> = async ctx => ({
  name: 'Fermata',
  version: ctx.version,
  services: serviceNames.map(name => ({
    name,
    summary: services[name].summary,
    prefixes: [...services[name].prefixes],
    health: `/api/${name}/health`,
    documentation: `/api/${name}/doc/`,
  })),
})
