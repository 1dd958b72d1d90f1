import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBinaries } from './binaries.ts'
import { findServer, isAlive, readPidFile, waitForEnd } from './postmaster.ts'
import { isRoot } from './run-as.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './supervisor.ts'

const linux = process.platform === 'linux'
const unix = process.platform !== 'win32'

let root: string
/** Data of a first start, copied by tests that need some: making them anew each time would take a second. */
let template: string
const running = new Set<EmbeddedPostgres>()
const owners = new Set<ChildProcess>()

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fermata-supervisor-'))
  await chmod(root, 0o755)
  template = join(root, 'template')
  const server = await start(template)
  await query(server.url, 'create table sold (seat int)')
  await query(server.url, 'insert into sold values (1)')
  await stop(server)
})

afterAll(async () => {
  for (const owner of owners) owner.kill('SIGKILL')
  for (const server of running) await server.stop()
  for (const name of await readdir(root)) {
    const orphan = await findServer(join(root, name, 'data'))
    if (orphan) process.kill(orphan.pid, 'SIGKILL')
  }
  await rm(root, { recursive: true, force: true, maxRetries: 5 })
})

async function start (folder: string, options: Partial<EmbeddedPostgresOptions> = {}) {
  // Without fsync the tests ask little of the disk; what a killed process wrote survives all the same.
  const server = await startEmbeddedPostgres({ folder, no_sync_initdb: true, settings: { fsync: 'off' }, ...options })
  running.add(server)
  return server
}

async function stop (server: EmbeddedPostgres) {
  await server.stop()
  running.delete(server)
}

async function dataIn (name: string) {
  const folder = join(root, name)
  // `cp -a` keeps the owners, which `fs.cp` does not.
  execFileSync('cp', ['-a', template, folder])
  return folder
}

async function query (url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Starts a Fermata in a process of its own and waits until it has stored its row. */
async function startOwner (folder: string) {
  const child = fork(join(import.meta.dirname, 'test-owner.ts'), [folder], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] })
  owners.add(child)
  const [line] = await once(child.stdout!, 'data') as [Buffer]
  return { child, ...JSON.parse(line.toString()) as { adopted: boolean, url: string } }
}

async function kill (child: ChildProcess) {
  child.kill('SIGKILL')
  await once(child, 'exit')
  owners.delete(child)
}

describe('a start', () => {
  test('startEmbeddedPostgres: the second start keeps the data of the first and is quick', async () => {
    const folder = join(root, 'twice')
    const first = await start(folder, { database: 'box_office' })
    await query(first.url, 'create table sold (seat int)')
    await query(first.url, 'insert into sold values (42)')
    await stop(first)

    const second = await start(folder, { database: 'box_office' })

    expect([first.first_start, second.first_start, second.adopted]).toEqual([true, false, false])
    expect(await query(second.url, 'select seat from sold')).toEqual([{ seat: 42 }])
    // Generous: the machine may be busy with other tests. Alone it takes a tenth of this.
    expect(second.started_in_ms).toBeLessThan(2_000)
    await stop(second)
    expect(await findServer(join(folder, 'data'))).toBeUndefined()
  })

  test('startEmbeddedPostgres: durable, checksummed, sorted alike everywhere, and without a port', async () => {
    const server = await start(await dataIn('settings'), { settings: {} })
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses', 'jit',
      'max_connections'].map(name => `current_setting('${name}') ${name}`)
    const [settings] = await query(server.url, `select ${names.join()}`)
    const [locale] = await query(server.url,
      'select datlocprovider, datlocale from pg_database where datname = current_database()')

    expect(settings).toEqual({ fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', data_checksums: 'on',
      listen_addresses: unix ? '' : '127.0.0.1', jit: 'off', max_connections: '120' })
    expect(locale).toEqual({ datlocprovider: 'b', datlocale: 'C.UTF-8' })
    await stop(server)
  })

  test('startEmbeddedPostgres: settings of the caller win, and a wrong one is named', async () => {
    const folder = await dataIn('own-settings')
    const server = await start(folder, { settings: { fsync: 'off', work_mem: '12MB' } })
    expect(await query(server.url, "select current_setting('fsync') f, current_setting('work_mem') w"))
      .toEqual([{ f: 'off', w: '12MB' }])
    await stop(server)

    await expect(start(folder, { settings: { no_such_setting: '1' } })).rejects.toThrow('no_such_setting')
    await expect(start(folder, { settings: { 'x = 1\nfsync': 'off' } })).rejects.toThrow('not the name of')
  })

  test('startEmbeddedPostgres: by TCP only the password opens the door', async () => {
    const server = await start(await dataIn('tcp'), { transport: 'tcp' })
    const url = new URL(server.url)
    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    expect((await stat(join(server.folder, 'password'))).mode & 0o077).toBe(0)

    url.password = 'wrong'

    await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    await stop(server)
  })

  test('startEmbeddedPostgres: a port that somebody took is not a failure', async () => {
    const folder = await dataIn('port')
    const [first, second] = [await start(folder, { transport: 'tcp' }), await start(await dataIn('port-2'), { transport: 'tcp' })]
    expect(new URL(first.url).port).not.toBe(new URL(second.url).port)
    await Promise.all([stop(first), stop(second)])
  })

  test.runIf(unix)('startEmbeddedPostgres: a folder too long for a socket gets a short one elsewhere', async () => {
    const folder = join(root, 'long-'.repeat(20), 'longer-'.repeat(20))
    await mkdir(join(folder, '..'), { recursive: true })
    execFileSync('cp', ['-a', template, folder])

    const server = await start(folder)

    const sockets = new URL(server.url).searchParams.get('host')!
    expect(sockets.length).toBeLessThan(80)
    expect((await stat(sockets)).mode & 0o777).toBe(0o700)
    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    await stop(server)
    await rm(sockets, { recursive: true })
  })

  test('startEmbeddedPostgres: a log that grew too long is put aside', async () => {
    const folder = await dataIn('log')
    await writeFile(join(folder, 'server.log'), 'x'.repeat(11 * 1024 * 1024))

    const server = await start(folder)

    expect((await stat(join(folder, 'server.log'))).size).toBeLessThan(10_000)
    expect((await stat(join(folder, 'server.log.1'))).size).toBe(11 * 1024 * 1024)
    await stop(server)
  })

  test.runIf(unix && isRoot())('startEmbeddedPostgres: data that root restored are given to the database', async () => {
    const folder = await dataIn('restored')
    execFileSync('chown', ['-R', '0:0', folder])
    execFileSync('chmod', ['755', join(folder, 'data')])

    const server = await start(folder)

    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    await stop(server)
  })

  test.runIf(unix && isRoot())('startEmbeddedPostgres: another account of the machine is turned away', async () => {
    const server = await start(await dataIn('stranger'))
    const script = `require('net').connect(${JSON.stringify(`${join(server.folder, 'socket')}/.s.PGSQL.5432`)})
      .on('error', error => console.log(error.code)).on('connect', () => { console.log('in'); process.exit() })`
    // Node itself may lie where that account cannot go, so the child drops its rights after it has started.
    const said = execFileSync(process.execPath, ['-e', `process.setgid(65533); process.setuid(65533); ${script}`], { encoding: 'utf8' })

    expect(said.trim()).toBe('EACCES')
    await stop(server)
  })
})

describe('after a crash', () => {
  test.runIf(unix)('startEmbeddedPostgres: takes over what a killed Fermata left, with every committed row', async () => {
    const folder = join(root, 'orphan')
    const owner = await startOwner(folder)
    const before = await findServer(join(folder, 'data'))
    await kill(owner.child)

    const server = await start(folder)

    expect(server.adopted).toBe(true)
    expect((await findServer(join(folder, 'data')))?.pid).toBe(before?.pid)
    // The killed one held a lock on this table; the answer shows that it is gone.
    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 7 }])
    await stop(server)
    expect(isAlive(before!.pid)).toBe(false)
  })

  test.runIf(unix)('startEmbeddedPostgres: an orphan with other settings is replaced', async () => {
    const folder = await dataIn('orphan-settings')
    const owner = await startOwner(folder)
    await kill(owner.child)

    const server = await start(folder, { settings: { work_mem: '9MB' } })

    expect(server.adopted).toBe(false)
    expect(await query(server.url, "select current_setting('work_mem') w, count(*)::int n from sold"))
      .toEqual([{ w: '9MB', n: 2 }])
    await stop(server)
  })

  test.runIf(unix)('startEmbeddedPostgres: starts again when both were killed', async () => {
    const folder = await dataIn('both-killed')
    const owner = await startOwner(folder)
    const orphan = await findServer(join(folder, 'data'))
    owner.child.kill('SIGKILL')
    process.kill(orphan!.pid, 'SIGKILL')

    const server = await start(folder)

    expect(server.adopted).toBe(false)
    expect(await query(server.url, 'select seat from sold order by seat')).toEqual([{ seat: 1 }, { seat: 7 }])
    await stop(server)
  })

  test.runIf(linux)('startEmbeddedPostgres: an orphan that hangs is stopped by force', async () => {
    const folder = await dataIn('hangs')
    const owner = await startOwner(folder)
    const orphan = await findServer(join(folder, 'data'))
    await kill(owner.child)
    process.kill(orphan!.pid, 'SIGSTOP')

    const server = await start(folder)

    expect(server.adopted).toBe(false)
    expect(isAlive(orphan!.pid)).toBe(false)
    expect(await query(server.url, 'select seat from sold order by seat')).toEqual([{ seat: 1 }, { seat: 7 }])
    await stop(server)
  })

  test.runIf(linux)('startEmbeddedPostgres: a pid file that names a stranger stops nobody', async () => {
    const folder = await dataIn('stale')
    const { uid, gid } = await stat(join(folder, 'data'))
    const drop = isRoot() ? `process.setgid(${gid}); process.setuid(${uid});` : ''
    // Of the database's own account: PostgreSQL alone would take this one for a living server.
    const stranger = spawn(process.execPath, ['-e', `${drop} console.log('here'); setInterval(() => {}, 1e6)`])
    await once(stranger.stdout, 'data')
    const text = `${stranger.pid}\n${folder}/data\n1700000000\n5432\n${folder}/socket\n\n  1234567 0\nready   \n`
    await writeFile(join(folder, 'data/postmaster.pid'), text)
    await writeFile(join(folder, 'socket/.s.PGSQL.5432.lock'), text)

    const server = await start(folder)

    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    expect(stranger.exitCode).toBeNull()
    expect((await readPidFile(join(folder, 'data')))?.pid).not.toBe(stranger.pid)
    stranger.kill('SIGKILL')
    await stop(server)
  })

  test.runIf(unix)('startEmbeddedPostgres: a server that dies while Fermata lives is started again', async () => {
    const folder = await dataIn('dies')
    const lines: string[] = []
    const server = await start(folder, { log: line => lines.push(line) })
    const first = await findServer(join(folder, 'data'))
    process.kill(first!.pid, 'SIGKILL')

    await expect.poll(() => query(server.url, 'select seat from sold').catch(() => 'down'),
      { timeout: 10_000, interval: 20 }).toEqual([{ seat: 1 }])

    expect(lines.join()).toContain('started again')
    await stop(server)
    expect(await findServer(join(folder, 'data'))).toBeUndefined()
  })

  test.runIf(unix)('startEmbeddedPostgres: a Node that exits without stopping it takes it along', async () => {
    const folder = await dataIn('exits')
    const owner = await startOwner(folder)
    const server = await findServer(join(folder, 'data'))

    owner.child.send('exit')
    await once(owner.child, 'exit')
    owners.delete(owner.child)

    expect(await waitForEnd(server!.pid, 5_000)).toBe(true)
  })

  test('startEmbeddedPostgres: a first start that broke off leaves nothing in the way of the next', async () => {
    const folder = join(root, 'broke-off')
    await mkdir(join(folder, 'data.unfinished-1'), { recursive: true })
    await writeFile(join(folder, 'data.unfinished-1', 'PG_VERSION'), '18\n')

    const server = await start(folder)

    expect(server.first_start).toBe(true)
    expect(await readdir(folder)).not.toContain('data.unfinished-1')
    await stop(server)
  })
})

describe('what cannot work is said in plain words', () => {
  test.runIf(unix)('startEmbeddedPostgres: the second Fermata on a folder is told who has it', async () => {
    const folder = await dataIn('shared')
    const owner = await startOwner(folder)
    await symlink(folder, join(root, 'shared-by-another-name'))

    await Promise.all([folder, join(root, 'shared-by-another-name')].map(path =>
      expect(start(path)).rejects.toThrow(`(process ${owner.child.pid}) already uses`)))
    await kill(owner.child)
    const server = await start(folder)

    expect(server.adopted).toBe(true)
    await stop(server)
  })

  test('startEmbeddedPostgres: of two at the same moment one gets the folder', async () => {
    const folder = await dataIn('race')
    const results = await Promise.allSettled([start(folder), start(folder)])
    const refused = results.filter(result => result.status === 'rejected')

    expect(refused.map(result => (result.reason as Error).message)).toEqual([expect.stringContaining('already uses')])
    for (const result of results) if (result.status === 'fulfilled') await stop(result.value)
  })

  test('startEmbeddedPostgres: data of another PostgreSQL are left as they are', async () => {
    const folder = await dataIn('version')
    const { major } = findBinaries()
    await writeFile(join(folder, 'data/PG_VERSION'), `${major + 1}\n`)
    await expect(start(folder)).rejects.toThrow(new RegExp(`written by PostgreSQL ${major + 1}, which is newer.*backup`))
    await writeFile(join(folder, 'data/PG_VERSION'), `${major - 1}\n`)
    await expect(start(folder)).rejects.toThrow('older')
    await unlink(join(folder, 'data/PG_VERSION'))
    await expect(start(folder)).rejects.toThrow('not a complete database')

    await writeFile(join(folder, 'data/PG_VERSION'), `${major}\n`)
    const server = await start(folder)

    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    await stop(server)
  })

  test.runIf(unix)('startEmbeddedPostgres: a server it cannot see, as in another container, is not trampled on', async () => {
    const folder = await dataIn('hidden')
    const hidden = createServer().listen(join(folder, 'socket/.s.PGSQL.5432'))
    await once(hidden, 'listening')

    await expect(start(folder)).rejects.toThrow('another container')

    hidden.close()
  })

  test.runIf(unix)('startEmbeddedPostgres: a folder that cannot be made is named', async () => {
    await writeFile(join(root, 'a-file'), '')
    await expect(start(join(root, 'a-file', 'data'))).rejects.toThrow(/a-file/)
    await expect(start('/proc/fermata')).rejects.toThrow('/proc/fermata')
  })

  test.runIf(linux && isRoot() && canMount())('startEmbeddedPostgres: a full disk is called a full disk', async () => {
    const folder = join(root, 'small-disk')
    await mkdir(folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder])
    try {
      await expect(start(join(folder, 'postgres'))).rejects.toThrow(/disk that holds .* is full/)
      expect(await readdir(join(folder, 'postgres'))).not.toContain('data')
      execFileSync('mount', ['-o', 'remount,size=90m', folder])
      const server = await start(join(folder, 'postgres'))
      expect(server.first_start).toBe(true)
      await stop(server)
    } finally {
      execFileSync('umount', [folder])
    }
  })
})

describe.runIf(linux && isRoot())('below a folder that only root may enter', () => {
  test('startEmbeddedPostgres: data move to the system\'s folder, which the notes name, and are found again', async () => {
    const closed = join(root, 'closed')
    await mkdir(closed, { mode: 0o700 })
    const first = await start(join(closed, 'data/postgres'))
    await query(first.url, 'create table sold as select 9 as seat')
    await stop(first)
    expect(first.notes.join()).toContain(first.folder)
    expect(first.folder).not.toContain(closed)

    const second = await start(join(closed, 'data/postgres'))
    expect([second.folder, second.first_start]).toEqual([first.folder, false])
    expect(await query(second.url, 'select seat from sold')).toEqual([{ seat: 9 }])
    await stop(second)

    await rm(join(closed, 'data'), { recursive: true })
    const third = await start(join(closed, 'data/postgres'))
    expect([third.folder === first.folder, third.first_start]).toEqual([false, true])
    await stop(third)
    for (const { folder } of [first, third]) await rm(folder, { recursive: true })
  })

  test('usableBinaries: missing symbolic links are made, and a closed install is copied, whole, once', async () => {
    const { usableBinaries } = await import('./binaries.ts')
    const found = findBinaries()
    const never = () => Promise.reject(new Error('no copy was needed'))
    const native = join(root, 'closed-install/native')
    await mkdir(join(root, 'closed-install'), { mode: 0o700 })
    await cp(found.native, native, { recursive: true, verbatimSymlinks: true })
    await unlink(join(native, 'lib/libicui18n.so.60'))
    const at = (name: string) => join(native, 'bin', name)
    expect(await usableBinaries({ ...found, native }, { name: 'me' }, never)).toMatchObject({ native })
    await stat(join(native, 'lib/libicui18n.so.60'))
    await unlink(join(native, 'lib/libicui18n.so.60'))
    const closed = { ...found, native, initdb: at('initdb'), postgres: at('postgres'), pg_ctl: at('pg_ctl') }
    const account = { name: 'nobody', uid: 65534, gid: 65534 }

    const copy = await usableBinaries(closed, account, async () => join(root, 'copies'))
    const again = await usableBinaries(closed, account, async () => join(root, 'copies'))

    expect(copy.native).toContain(join(root, 'copies'))
    expect(again).toEqual(copy)
    expect(execFileSync(copy.postgres, ['--version'], { uid: 65534, gid: 65534, cwd: '/', encoding: 'utf8' })).toContain(' 18.')
  })
})

/** Containers often forbid it. */
function canMount (): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
