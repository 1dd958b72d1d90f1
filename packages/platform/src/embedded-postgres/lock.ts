import { createHash } from 'node:crypto'
import { stat, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { trouble } from './explain.ts'

/**
 * A predecessor that is just stopping gets this long, so that a service manager may restart us at
 * once.
 */
const patience_ms = 1_000

export interface FolderLock { release(): Promise<void> }

/**
 * Makes this process the only Fermata on a folder. The lock is a listening socket without a file
 * (Linux: abstract socket, Windows: named pipe), so the system takes it back the moment its owner
 * dies, however it dies, and two starters cannot both get it. The folder's inode names it, so a
 * second path to the same folder meets the same lock. It reaches as far as a network namespace: two
 * containers that share a folder are told apart by PostgreSQL's own lock.
 */
export async function lockFolder (folder: string): Promise<FolderLock> {
  const name = await lockName(folder)
  const deadline = Date.now() + patience_ms
  for (;;) {
    const server = await listen(name)
    if (server) return { release: () => new Promise(done => server.close(() => done())) }
    const owner = await askOwner(name)
    // Only macOS keeps a file behind; there a refused connection means that its owner is dead.
    if (owner === 'dead') await unlink(name).catch(() => {})
    else if (Date.now() > deadline) {
      throw trouble(`Another Fermata${owner ? ` (process ${owner})` : ''} already uses the folder ${folder}. Stop that one `
        + 'first, or give this one its own folder with FERMATA_DATA.')
    }
    await sleep(50)
  }
}

async function lockName (folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true })
  const id = createHash('sha256').update(`${dev} ${ino}`).digest('hex').slice(0, 24)
  if (process.platform === 'linux') return `\0fermata-postgres-${id}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\fermata-postgres-${id}`
  return `/tmp/fermata-postgres-${id}.lock`
}

function listen (name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.end(String(process.pid))
    })
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    // Exclusive: a cluster worker must hold the lock itself, not share its parent's.
    server.listen({ path: name, exclusive: true }, () => resolve(server.unref()))
  })
}

/** The owner's process id, nothing when it is too busy to say, or `dead`. */
function askOwner (name: string): Promise<string | undefined> {
  return new Promise(resolve => {
    let said = ''
    const socket = connect({ path: name, timeout: 500 })
    socket.on('data', chunk => { said += chunk.toString().slice(0, 20) })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' && !name.startsWith('\0')) said = 'dead'
    })
    socket.on('close', () => resolve(said || undefined))
  })
}
