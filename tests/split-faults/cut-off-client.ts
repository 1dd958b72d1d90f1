import { createInterface } from 'node:readline'
import { createPool } from '@fermata/platform/database'
import pg from 'pg'

/**
 * Runs on a machine of its own, with a connection of the product's or, for the control, of the
 * driver's: asks each line it is given, and prints `done` or the error's code.
 */

const [url = '', kind] = process.argv.slice(2)
const pool = kind === 'guarded'
  ? createPool({ url, max_connections: 1, application_name: 'cut-off' })
  : new pg.Pool({ connectionString: url, max: 1 })
const client = await pool.connect()
client.on('error', () => {})
for await (const statement of createInterface({ input: process.stdin })) {
  const answer = client.query(statement).then(
    () => 'done', (error: unknown) => (error as { code?: string }).code ?? String(error))
  void answer.then(text => { console.log(text) })
}
process.exit()
