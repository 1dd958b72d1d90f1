import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBinaries, usableBinaries } from './binaries.ts'
import { choosePlace, stateFolder } from './data-folder.ts'
import { findServer, isAlive, readPidFile, waitForEnd } from './postmaster.ts'
import { isRoot } from './run-as.ts'
import { linux, makeTestFolder, query, unix, type TestFolder } from './test-folder.ts'
import { watch } from './watch.ts'

let folders: TestFolder
let root: string

beforeAll(async () => {
  folders = await makeTestFolder()
  root = folders.root
})

afterAll(() => folders.remove())

describe('after a crash', () => {
  test.runIf(unix)('startEmbeddedPostgres: takes over what a killed Fermata left, with every committed row', async () => {
    const folder = join(root, 'orphan')
    const owner = await folders.startOwner(folder)
    const before = await findServer(join(folder, 'data'))
    await folders.kill(owner)

    const server = await folders.start(folder)

    expect(server.adopted).toBe(true)
    expect((await findServer(join(folder, 'data')))?.pid).toBe(before?.pid)
    // The killed one held a lock on this table; the answer shows that it is gone.
    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 7 }])
    await folders.stop(server)
    expect(isAlive(before!.pid)).toBe(false)
  })

  test.runIf(unix)('startEmbeddedPostgres: an orphan with other settings is replaced', async () => {
    const folder = folders.dataIn('orphan-settings')
    const owner = await folders.startOwner(folder)
    await folders.kill(owner)

    const server = await folders.start(folder, { settings: { work_mem: '9MB' } })

    expect(server.adopted).toBe(false)
    expect(await query(server.url, "select current_setting('work_mem') w, count(*)::int n from sold"))
      .toEqual([{ w: '9MB', n: 2 }])
    await folders.stop(server)
  })

  test.runIf(unix)('startEmbeddedPostgres: starts again when both were killed', async () => {
    const folder = folders.dataIn('both-killed')
    const owner = await folders.startOwner(folder)
    const orphan = await findServer(join(folder, 'data'))
    owner.kill('SIGKILL')
    process.kill(orphan!.pid, 'SIGKILL')

    const server = await folders.start(folder)

    expect(server.adopted).toBe(false)
    expect(await query(server.url, 'select seat from sold order by seat')).toEqual([{ seat: 1 }, { seat: 7 }])
    await folders.stop(server)
  })

  test.runIf(linux)('watch: a server whose process id somebody else has is started again', async () => {
    const folder = folders.dataIn('taken-id')
    // So that its configuration is written.
    await folders.stop(await folders.start(folder))
    const place = await choosePlace(folder)
    const binaries = await usableBinaries(
      findBinaries(), place.account, () => stateFolder(place.account))
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' })
    const watcher = watch(
      { pid: stranger.pid! }, place, binaries, join(folder, 'postgresql.conf'), () => {})
    try {
      await expect.poll(() => readPidFile(place.data).then(file => file?.status), {
        timeout: 60_000 }).toBe('ready')
      expect(isAlive(stranger.pid!)).toBe(true)
    } finally {
      await watcher.stop()
      stranger.kill()
    }
    expect(await findServer(place.data)).toBeUndefined()
  }, 90_000)

  test.runIf(linux)('startEmbeddedPostgres: an orphan that hangs is stopped by force', async () => {
    const folder = folders.dataIn('hangs')
    const owner = await folders.startOwner(folder)
    const orphan = await findServer(join(folder, 'data'))
    await folders.kill(owner)
    process.kill(orphan!.pid, 'SIGSTOP')

    const server = await folders.start(folder)

    expect(server.adopted).toBe(false)
    expect(isAlive(orphan!.pid)).toBe(false)
    expect(await query(server.url, 'select seat from sold order by seat')).toEqual([{ seat: 1 }, { seat: 7 }])
    await folders.stop(server)
  })

  test.runIf(linux)('startEmbeddedPostgres: a pid file that names a stranger stops nobody', async () => {
    const folder = folders.dataIn('stale')
    const { uid, gid } = await stat(join(folder, 'data'))
    const drop = isRoot() ? `process.setgid(${gid}); process.setuid(${uid});` : ''
    // Of the database's own account: PostgreSQL alone would take this one for a living server.
    const stranger = spawn(process.execPath, ['-e', `${drop} console.log('here'); setInterval(() => {}, 1e6)`])
    await once(stranger.stdout, 'data')
    const text = `${stranger.pid}\n${folder}/data\n1700000000\n5432\n${folder}/socket\n\n  1234567 0\nready   \n`
    await writeFile(join(folder, 'data/postmaster.pid'), text)
    await writeFile(join(folder, 'socket/.s.PGSQL.5432.lock'), text)

    const server = await folders.start(folder)

    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    expect(stranger.exitCode).toBeNull()
    expect((await readPidFile(join(folder, 'data')))?.pid).not.toBe(stranger.pid)
    stranger.kill('SIGKILL')
    await folders.stop(server)
  })

  test.runIf(unix)('startEmbeddedPostgres: a server that dies while Fermata lives is started again', async () => {
    const folder = folders.dataIn('dies')
    const lines: string[] = []
    const server = await folders.start(folder, { log: line => lines.push(line) })
    const first = await findServer(join(folder, 'data'))
    process.kill(first!.pid, 'SIGKILL')

    await expect.poll(() => query(server.url, 'select seat from sold').catch(() => 'down'),
      { timeout: 10_000, interval: 20 }).toEqual([{ seat: 1 }])

    expect(lines.join()).toContain('started again')
    await folders.stop(server)
    expect(await findServer(join(folder, 'data'))).toBeUndefined()
  })

  test.runIf(unix)('startEmbeddedPostgres: a Node that exits without stopping it takes it along', async () => {
    const folder = folders.dataIn('exits')
    const owner = await folders.startOwner(folder)
    const server = await findServer(join(folder, 'data'))

    owner.send('exit')
    await once(owner, 'exit')

    expect(await waitForEnd(server!.pid, 5_000)).toBe(true)
  })

  test('startEmbeddedPostgres: a first start that broke off leaves nothing in the way of the next', async () => {
    const folder = join(root, 'broke-off')
    await mkdir(join(folder, 'data.unfinished-1'), { recursive: true })
    await writeFile(join(folder, 'data.unfinished-1', 'PG_VERSION'), '18\n')

    const server = await folders.start(folder)

    expect(server.first_start).toBe(true)
    expect(await readdir(folder)).not.toContain('data.unfinished-1')
    await folders.stop(server)
  })
})
