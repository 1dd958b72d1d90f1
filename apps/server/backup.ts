import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import backups from '@fermata/backups/service'
import { keysIn, openStore } from '@fermata/backups/copies/open-store'
import { serviceNames } from '@fermata/contracts/services'
import { readSettingFiles } from '@fermata/platform/settings'
import { keyFor, readArguments } from './copies/arguments.ts'
import { makeCopy } from './copies/make-copy.ts'
import { readEnvironment } from './env.ts'
import { findDatabases } from './find-databases.ts'
import { ServerSettings } from './server-settings.ts'

/** `npm run backup -- --to <folder or bucket>`: beside a running Fermata or a stopped one. */

const usage = `npm run backup -- --to <folder or s3://bucket/folder>
  --services        some of them, e.g. --services orders,payments
  --shape one|split where a folder holds the data of both`
const root = fileURLToPath(new URL('../../', import.meta.url))

async function main (): Promise<void> {
  const asked = readArguments(process.argv.slice(2), 'to', usage)
  const environment = readSettingFiles([ServerSettings, backups.settings!], readEnvironment())
  const folder = resolve(root, environment.FERMATA_DATA || 'data')
  const key = await keyFor(environment, folder)
  const store = openStore(asked.place, environment)
  const databases = await findDatabases(environment, folder, asked.shape)
  try {
    const copy = await makeCopy({
      store, key: keysIn(key)[0]!, services: asked.services ?? serviceNames,
      urlOf: name => databases.urls.get(name)!,
      tell: (service, rows) => console.log(`  ${service.padEnd(14)} ${rows} rows`),
    })
    console.log(`\n  Backup ${copy.id} of ${copy.taken_at} is in ${store.place}.`)
    console.log('  It can be read with this installation\'s BACKUP_KEY only: keep that elsewhere.\n')
  } finally {
    await databases.stop()
  }
}

main().catch((error: unknown) => {
  console.error(`\n  ${(error as Error).message.replaceAll('\n', '\n  ')}\n`)
  process.exitCode = 1
})
