import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readPidFile } from '@fermata/platform/embedded-postgres/postmaster'

/** The PostgreSQL that belongs to a server's folder, as its own pid file tells. */

const dataOf = (folder: string) => join(folder, 'postgres', 'data')

export interface Postmaster { pid: number, accepts: boolean }

export async function postmasterOf (folder: string): Promise<Postmaster | undefined> {
  const file = await readPidFile(dataOf(folder))
  return file && { pid: file.pid, accepts: file.status === 'ready' }
}

/** The fifth line of the pid file is the folder of the socket. */
export async function databaseUrlOf (folder: string): Promise<string> {
  const lines = (await readFile(join(dataOf(folder), 'postmaster.pid'), 'utf8')).split('\n')
  return `postgres://fermata@localhost:${lines[3]}/fermata?host=${encodeURIComponent(lines[4]!)}&sslmode=disable`
}
