import { existsSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { choosePlace } from './data-folder.ts'
import { isServerOf, serverUrl } from './first-connection.ts'
import { findServer } from './postmaster.ts'

/** `absent`: nothing was ever stored there; `stopped`: there are data, but no server runs. */
export type Found = { state: 'absent' | 'stopped' } | { state: 'running', url: string, folder: string }

/**
 * Looks for the embedded PostgreSQL of an installation, without starting, stopping or taking over
 * anything: for tools that work beside a running Fermata.
 * @param folder as given to `startEmbeddedPostgres`
 */
export async function findRunningPostgres (folder: string, database = 'fermata'): Promise<Found> {
  const here = existsSync(join(folder, 'data')) || existsSync(join(folder, 'location.json'))
  if (!here) return { state: 'absent' }
  const place = await choosePlace(await realpath(folder))
  if (!existsSync(place.data)) return { state: 'absent' }
  const server = await findServer(place.data)
  if (!server) return { state: 'stopped' }
  const transport = process.platform === 'win32' ? 'tcp' as const : 'socket' as const
  const endpoint = { transport, sockets: place.sockets, port: server.port || 5432 }
  const password = await readFile(join(place.folder, 'password'), 'utf8').catch(() => '')
  const url = serverUrl(endpoint, database, password)
  return await isServerOf(url, place.data)
    ? { state: 'running', url, folder: place.folder } : { state: 'stopped' }
}
