import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import type { Place } from './data-folder.ts'
import { writeDurably } from '../durable-file.ts'
import { explainError } from './explain.ts'
import { isServerOf, serverUrl } from './first-connection.ts'
import { clearRemains, findServer, stopServer } from './postmaster.ts'
import { ownName, type Account } from './run-as.ts'
import { freePort, spawnServer, waitForOrphan } from './server-process.ts'
import { accessNames, accessRules, serverConfig, type Endpoint } from './server-settings.ts'
import type { Running } from './watch.ts'

export interface ServerChoice { transport: Endpoint['transport'], settings: Record<string, string> }

export interface Outcome {
  running: Running
  endpoint: Endpoint
  config: string
  password: string
  adopted: boolean
}

/**
 * Gets a server running on the data. One that is left from a killed Fermata is taken over when it
 * answers and was started with the very settings wanted now; otherwise it is stopped first.
 */
export async function startOrAdopt (
  place: Place, binaries: Binaries, choice: ServerChoice, log: (line: string) => void,
): Promise<Outcome> {
  const orphan = await findServer(place.data)
  const { transport } = choice
  const endpoint: Endpoint = { transport, sockets: place.sockets, port: orphan?.port || 5432 }
  const config = join(place.folder, 'postgresql.conf')
  const password = await readFile(join(place.folder, 'password'), 'utf8').catch(() => '')
  if (orphan) {
    const files = wantedFiles(place, endpoint, binaries, choice)
    const answers = await waitForOrphan(orphan.pid, place.data, log)
      && await isServerOf(serverUrl(endpoint, 'postgres', password), place.data)
    if (answers && await areWritten(files)) {
      log(`A killed Fermata left its database running (process ${orphan.pid}); it is taken over.`)
      return { running: { pid: orphan.pid }, endpoint, config, password, adopted: true }
    }
    log(`A killed Fermata left its database running (process ${orphan.pid}); it is stopped and started anew.`)
    await stopServer(orphan.pid, place.data, answers)
  }
  await clearRemains(place.data, place.sockets)
  endpoint.port = transport === 'tcp' ? await freePort(orphan?.port ?? 0) : 5432
  for (const [path, text] of wantedFiles(place, endpoint, binaries, choice)) {
    await writeDurably(path, text, ...forServer(place))
      .catch(error => { throw explainError(error, place.folder) })
  }
  const running = await spawnServer(place, binaries, config, log)
  return { running, endpoint, config, password, adopted: false }
}

/** Root's server reads them as another account, by its group; they say how to get in. */
const forServer = ({ account: { name, uid, gid } }: Place): [mode: number, owner?: Account] =>
  uid === undefined ? [0o600] : [0o640, { name, uid: 0, gid }]

type Files = [path: string, text: string][]

/**
 * What the configuration has to be now. It names the binaries too, so an update restarts the
 * server.
 */
function wantedFiles (
  place: Place, endpoint: Endpoint, binaries: Binaries, choice: ServerChoice,
): Files {
  const files = { access: join(place.folder, 'access.conf'), names: join(place.folder, 'names.conf') }
  return [
    [files.access, accessRules(endpoint.transport)],
    [files.names, accessNames(ownName())],
    [join(place.folder, 'postgresql.conf'),
      serverConfig(files, endpoint, `${binaries.native} ${binaries.version}`, choice.settings)],
  ]
}

/** Whether the configuration on disk, which the orphan was started with, is the one wanted now. */
async function areWritten (files: Files): Promise<boolean> {
  for (const [path, text] of files) {
    if (await readFile(path, 'utf8').catch(() => undefined) !== text) return false
  }
  return true
}
