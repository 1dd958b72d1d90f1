import { join } from 'node:path'
import { ownerOf } from '@fermata/platform/embedded-postgres/owner'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'

/** PostgreSQL that flushes nothing, which the product never starts: for the control of power cuts. */

const folder = process.argv[2]!
const server = await startEmbeddedPostgres({
  folder: join(folder, 'postgres'), settings: { fsync: 'off' },
})
process.send!(await ownerOf(server))
// It is killed with the power.
setInterval(() => {}, 60_000)
