import type { Readable } from 'node:stream'
import { exportRoute, holdStillRoute, importRoute } from '@fermata/contracts/platform'
import { createPool } from './database.ts'
import { exportTables } from './export.ts'
import { holdStill } from './hold-still.ts'
import { importTables } from './import.ts'
import {
  route, type BoundRoute, type Context, type Operation, type ServiceDefinition,
} from './service.ts'

/**
 * What whoever makes and restores copies asks of every service.
 * @param owner_url of the role that may replace tables
 */
export function copyRoutes (
  { name, afterRestore }: ServiceDefinition, owner_url: string
): BoundRoute<Context>[] {
  const exporting = exportRoute(name)
  // A stream where the contract, which browsers read too, can only say bytes.
  const exportData: Operation<typeof exporting, Context> = async (_, { query }) =>
    exportTables({ url: owner_url, schema: name, snapshot: query.snapshot }) as never

  const holding = holdStillRoute(name)
  const holdHere: Operation<typeof holding, Context> = async (_, { query }) =>
    holdStill({ url: owner_url, schema: name, what: query.what }) as never

  const importing = importRoute(name)
  const importData: Operation<typeof importing, Context> = async (_, { body, query }) => {
    const pool = createPool({
      url: owner_url, max_connections: 1, application_name: 'fermata-owner',
    })
    try {
      return await importTables(
        pool, body as unknown as Readable, { service: name, target: query.target, afterRestore })
    } finally {
      await pool.end()
    }
  }

  return [route(exporting, exportData), route(holding, holdHere), route(importing, importData)]
}
