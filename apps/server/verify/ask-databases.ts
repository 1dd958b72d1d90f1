import type { Statements } from '@fermata/backups/reconcile'
import type { ServiceName } from '@fermata/contracts/services'
import { createDatabase, createPool, type Db } from '@fermata/platform/database'
import { findMissingEffects, state } from '@fermata/platform/statements'
import { allServices } from '../services.ts'

/** Asks beside the services, in their databases: no service has to answer, or to run. */
export interface AskedDatabases { asks: Statements, close: () => Promise<void> }

/** One connection for each database, and nothing can be changed by any of them. */
export function askDatabases (urls: ReadonlyMap<ServiceName, string>): AskedDatabases {
  const databases = new Map<string, Db>()
  for (const url of new Set(urls.values())) databases.set(url, createDatabase(createPool({
    url, max_connections: 1, read_only: true, application_name: 'fermata-verify' })))
  const of = (service: ServiceName) => databases.get(urls.get(service)!)!
  return {
    asks: {
      state: (service, question) => state(of(service), allServices[service], question),
      missingEffects: (service, events) =>
        findMissingEffects(of(service), allServices[service], events),
    },
    async close () {
      await Promise.all([...databases.values()].map(db => db.destroy()))
    },
  }
}
