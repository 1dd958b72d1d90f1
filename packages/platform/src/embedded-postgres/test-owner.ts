import { Client } from 'pg'
import { startEmbeddedPostgres } from './supervisor.ts'

/**
 * A Fermata to be killed: starts the database in the folder of its first argument, stores a row,
 * says so on stdout, and waits.
 */
const server = await startEmbeddedPostgres({
  folder: process.argv[2]!, settings: { fsync: 'off' }, no_sync_initdb: true,
})
const client = new Client({ connectionString: server.url })
await client.connect()
await client.query('create table if not exists sold (seat int)')
await client.query('insert into sold values (7)')
// Left open on purpose: the lock of a dead owner must not outlive it.
await client.query('begin')
await client.query('lock table sold')
process.stdout.write('stored\n')
process.on('message', () => process.exit(0))
