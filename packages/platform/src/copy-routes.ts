import { once } from 'node:events'
import type { Readable } from 'node:stream'
import {
  exportRoute, holdStillRoute, importRoute, restoreMarkRoute,
} from '@fermata/contracts/platform'
import { createDatabase, createPool } from './database.ts'
import { exportTables } from './export.ts'
import { holdStill } from './hold-still.ts'
import { endRestore, importTables } from './import.ts'
import { closeEffectsGate } from './message-queries.ts'
import {
  clearRestoring, forgetRestoring, markChanged, markRestoring,
} from './restore-mark.ts'
import {
  route, type BoundRoute, type Context, type Operation, type ServiceDefinition,
} from './service.ts'

/**
 * What whoever makes and restores copies asks of every service.
 * @param owner_url of the role that may replace tables
 */
export function copyRoutes (
  definition: ServiceDefinition, owner_url: string
): BoundRoute<Context>[] {
  const { name } = definition
  const exporting = exportRoute(name)
  // A stream where the contract, which browsers read too, can only say bytes.
  const exportData: Operation<typeof exporting, Context> = async (_, { query }) => {
    const stream = exportTables({ url: owner_url, schema: name, snapshot: query.snapshot })
    // What is wrong with the snapshot is known by then, and is the answer.
    await once(stream, 'readable')
    return stream as never
  }

  const holding = holdStillRoute(name)
  const holdHere: Operation<typeof holding, Context> = async (_, { query }) =>
    holdStill({ url: owner_url, schema: name, what: query.what }) as never

  const importing = importRoute(name)
  const importData: Operation<typeof importing, Context> = async (_, { body, query }) => {
    const pool = createPool({
      url: owner_url, max_connections: 1, application_name: 'fermata-owner',
    })
    try {
      return await importTables(pool, body as unknown as Readable, {
        service: name, target: query.target,
        async finish (db) {
          const notes = await endRestore(db, definition)
          if (query.backup_id) await markChanged(db, query.backup_id, name)
          return notes
        },
      })
    } finally {
      await pool.end()
    }
  }

  const marking = restoreMarkRoute(name)
  const markRestore: Operation<typeof marking, Context> = async (_, { body }) => {
    const pool = createPool({
      url: owner_url, max_connections: 1, application_name: 'fermata-owner',
    })
    const db = createDatabase(pool)
    try {
      if (body.what === 'begun') {
        await markRestoring(db, body, [name])
        // Effects that were under way are waited for; later ones see the mark.
        await db.transaction().execute(tx => closeEffectsGate(tx, name))
      } else if (body.what === 'done') await clearRestoring(db, [name])
      else await forgetRestoring(db, [name])
      return null
    } finally {
      await db.destroy()
    }
  }

  return [
    route(exporting, exportData), route(holding, holdHere), route(importing, importData),
    route(marking, markRestore),
  ]
}
