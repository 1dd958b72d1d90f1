import type { Readable } from 'node:stream'
import { writeManifest, manifest_file, type Contents } from '@fermata/backups/copies/manifest'
import { writePart } from '@fermata/backups/copies/part'
import type { CopyStore } from '@fermata/backups/copies/store'
import { leave, takeMoment, type CopySource, type Moment } from '@fermata/backups/take-moment'
import type { ServiceName } from '@fermata/contracts/services'
import { exportTables } from '@fermata/platform/export'
import { holdStill } from '@fermata/platform/hold-still'
import { uuidv7 } from '@fermata/platform/ids'
import packageJson from '../package.json' with { type: 'json' }

export interface CopyOptions {
  store: CopyStore
  key: Buffer
  services: readonly ServiceName[]
  urlOf: (service: ServiceName) => string
  tell?: (service: ServiceName, rows: number) => void
}

/** Straight from the databases, whether or not a Fermata is running on them. */
const askDatabases = (urlOf: CopyOptions['urlOf']): CopySource => ({
  hold: async (service, what): Promise<Readable> =>
    holdStill({ url: urlOf(service), schema: service, what }),
  exportOf: async (service, snapshot): Promise<Readable> =>
    exportTables({ url: urlOf(service), schema: service, snapshot }),
})

/**
 * Copies services at one moment. One that fails leaves nothing in the store.
 * @throws when one of them cannot be copied
 */
export async function makeCopy (options: CopyOptions): Promise<Contents> {
  const { store, services, urlOf } = options
  const moment = await takeMoment(askDatabases(urlOf), services)
  const [failed] = moment.failed
  const id = uuidv7()
  try {
    if (failed) throw failed[1] instanceof Error ? failed[1] : new Error(`${failed[0]} failed`)
    return await writeCopy(options, id, moment)
  } catch (error) {
    await store.remove(id).catch(() => {})
    throw error
  } finally {
    leave(moment)
  }
}

async function writeCopy (
  { store, key, tell }: CopyOptions, id: string, moment: Moment
): Promise<Contents> {
  const contents: Contents = {
    format: 'fermata-backup', version: 1, id, fermata: packageJson.version,
    taken_at: moment.taken_at, parts: [],
  }
  for (const [service, { stream }] of moment.copies) {
    const part = await writePart(store, key, id, service, stream)
    contents.parts.push(part)
    tell?.(service, part.rows)
  }
  await store.write(`${id}/${manifest_file}`, writeManifest(key, contents))
  return contents
}
