import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBinaries, usableBinaries } from './binaries.ts'
import { findServer } from './postmaster.ts'
import { isRoot } from './run-as.ts'
import { linux, makeTestFolder, query, unix, type TestFolder } from './test-folder.ts'

let folders: TestFolder
let root: string

beforeAll(async () => {
  folders = await makeTestFolder()
  root = folders.root
})

afterAll(() => folders.remove())

describe('a start', () => {
  test('startEmbeddedPostgres: the second start keeps the data of the first and is quick', async () => {
    const folder = join(root, 'twice')
    const first = await folders.start(folder, { database: 'box_office' })
    await query(first.url, 'create table sold (seat int)')
    await query(first.url, 'insert into sold values (42)')
    await folders.stop(first)

    const second = await folders.start(folder, { database: 'box_office' })

    expect([first.first_start, second.first_start, second.adopted]).toEqual([true, false, false])
    expect(await query(second.url, 'select seat from sold')).toEqual([{ seat: 42 }])
    expect(second.started_in_ms).toBeLessThan(first.started_in_ms)
    await folders.stop(second)
    expect(await findServer(join(folder, 'data'))).toBeUndefined()
  })

  test('startEmbeddedPostgres: durable, checksummed, sorted alike everywhere, and without a port', async () => {
    const server = await folders.start(folders.dataIn('settings'), { settings: {} })
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses', 'jit',
      'max_connections'].map(name => `current_setting('${name}') ${name}`)
    const [settings] = await query(server.url, `select ${names.join()}`)
    const [locale] = await query(server.url,
      'select datlocprovider, datlocale from pg_database where datname = current_database()')

    expect(settings).toEqual({
      fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', data_checksums: 'on',
      listen_addresses: unix ? '' : '127.0.0.1', jit: 'off', max_connections: '120',
    })
    expect(locale).toEqual({ datlocprovider: 'b', datlocale: 'C.UTF-8' })
    await folders.stop(server)
  })

  test('startEmbeddedPostgres: settings of the caller win, and a wrong one is named', async () => {
    const folder = folders.dataIn('own-settings')
    const server = await folders.start(folder, { settings: { fsync: 'off', work_mem: '12MB' } })
    expect(await query(server.url, "select current_setting('fsync') f, current_setting('work_mem') w"))
      .toEqual([{ f: 'off', w: '12MB' }])
    await folders.stop(server)

    await expect(folders.start(folder, { settings: { no_such_setting: '1' } })).rejects.toThrow('no_such_setting')
    await expect(folders.start(folder, { settings: { 'x = 1\nfsync': 'off' } })).rejects.toThrow('not the name of')
  })

  test('startEmbeddedPostgres: by TCP only the password opens the door', async () => {
    const server = await folders.start(folders.dataIn('tcp'), { transport: 'tcp' })
    const url = new URL(server.url)
    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    expect((await stat(join(server.folder, 'password'))).mode & 0o077).toBe(0)

    url.password = 'wrong'

    await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    await folders.stop(server)
  })

  test('startEmbeddedPostgres: a port that somebody took is not a failure', async () => {
    const folder = folders.dataIn('port')
    const first = await folders.start(folder, { transport: 'tcp' })
    const second = await folders.start(folders.dataIn('port-2'), { transport: 'tcp' })
    expect(new URL(first.url).port).not.toBe(new URL(second.url).port)
    await Promise.all([folders.stop(first), folders.stop(second)])
  })

  test.runIf(unix)('startEmbeddedPostgres: a folder too long for a socket gets a short one elsewhere', async () => {
    const names = ['long-'.repeat(20), 'longer-'.repeat(20)]
    await mkdir(join(root, names[0]!))
    const folder = folders.dataIn(...names)

    const server = await folders.start(folder)

    const sockets = new URL(server.url).searchParams.get('host')!
    expect(sockets.length).toBeLessThan(80)
    expect((await stat(sockets)).mode & 0o777).toBe(0o700)
    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    await folders.stop(server)
    await rm(sockets, { recursive: true })
  })

  test('startEmbeddedPostgres: a log that grew too long is put aside', async () => {
    const folder = folders.dataIn('log')
    await writeFile(join(folder, 'server.log'), 'x'.repeat(11 * 1024 * 1024))

    const server = await folders.start(folder)

    expect((await stat(join(folder, 'server.log'))).size).toBeLessThan(10_000)
    expect((await stat(join(folder, 'server.log.1'))).size).toBe(11 * 1024 * 1024)
    await folders.stop(server)
  })

  test.runIf(unix && isRoot())('startEmbeddedPostgres: data that root restored are given to the database', async () => {
    const folder = folders.dataIn('restored')
    execFileSync('chown', ['-R', '0:0', folder])
    execFileSync('chmod', ['755', join(folder, 'data')])

    const server = await folders.start(folder)

    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    await folders.stop(server)
  })

  test.runIf(unix && isRoot())('startEmbeddedPostgres: another account of the machine is turned away', async () => {
    const server = await folders.start(folders.dataIn('stranger'))
    const script = `require('net').connect(${JSON.stringify(`${join(server.folder, 'socket')}/.s.PGSQL.5432`)})
      .on('error', error => console.log(error.code)).on('connect', () => { console.log('in'); process.exit() })`
    // Node itself may lie where that account cannot go, so the child drops its rights after it has
    // started.
    const said = execFileSync(process.execPath, ['-e', `process.setgid(65533); process.setuid(65533); ${script}`], { encoding: 'utf8' })

    expect(said.trim()).toBe('EACCES')
    await folders.stop(server)
  })
})

describe('what cannot work is said in plain words', () => {
  test.runIf(unix)('startEmbeddedPostgres: the second Fermata on a folder is told who has it', async () => {
    const folder = folders.dataIn('shared')
    const owner = await folders.startOwner(folder)
    await symlink(folder, join(root, 'shared-by-another-name'))

    await Promise.all([folder, join(root, 'shared-by-another-name')].map(path =>
      expect(folders.start(path)).rejects.toThrow(`(process ${owner.pid}) already uses`)))
    await folders.kill(owner)
    const server = await folders.start(folder)

    expect(server.adopted).toBe(true)
    await folders.stop(server)
  })

  test('startEmbeddedPostgres: of two at the same moment one gets the folder', async () => {
    const folder = folders.dataIn('race')
    const results = await Promise.allSettled([folders.start(folder), folders.start(folder)])
    const refused = results.filter(result => result.status === 'rejected')

    const messages = refused.map(result => (result.reason as Error).message)
    expect(messages).toEqual([expect.stringContaining('already uses')])
    for (const result of results) if (result.status === 'fulfilled') await folders.stop(result.value)
  })

  test('startEmbeddedPostgres: data of another PostgreSQL are left as they are', async () => {
    const folder = folders.dataIn('version')
    const { major } = findBinaries()
    await writeFile(join(folder, 'data/PG_VERSION'), `${major + 1}\n`)
    await expect(folders.start(folder)).rejects.toThrow(new RegExp(`written by PostgreSQL ${major + 1}, which is newer.*backup`))
    await writeFile(join(folder, 'data/PG_VERSION'), `${major - 1}\n`)
    await expect(folders.start(folder)).rejects.toThrow('older')
    await unlink(join(folder, 'data/PG_VERSION'))
    await expect(folders.start(folder)).rejects.toThrow('not a complete database')

    await writeFile(join(folder, 'data/PG_VERSION'), `${major}\n`)
    const server = await folders.start(folder)

    expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
    await folders.stop(server)
  })

  test.runIf(unix)('startEmbeddedPostgres: a server it cannot see, as in another container, is not trampled on', async () => {
    const folder = folders.dataIn('hidden')
    const hidden = createServer().listen(join(folder, 'socket/.s.PGSQL.5432'))
    await once(hidden, 'listening')

    await expect(folders.start(folder)).rejects.toThrow('another container')

    hidden.close()
  })

  test.runIf(unix)('startEmbeddedPostgres: a folder that cannot be made is named', async () => {
    await writeFile(join(root, 'a-file'), '')
    await expect(folders.start(join(root, 'a-file', 'data'))).rejects.toThrow(/a-file/)
    await expect(folders.start('/proc/fermata')).rejects.toThrow('/proc/fermata')
  })

  test.runIf(linux && isRoot() && canMount())('startEmbeddedPostgres: a full disk is called a full disk', async () => {
    const folder = join(root, 'small-disk')
    await mkdir(folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder])
    try {
      await expect(folders.start(join(folder, 'postgres'))).rejects.toThrow(/disk that holds .* is full/)
      expect(await readdir(join(folder, 'postgres'))).not.toContain('data')
      execFileSync('mount', ['-o', 'remount,size=90m', folder])
      const server = await folders.start(join(folder, 'postgres'))
      expect(server.first_start).toBe(true)
      await folders.stop(server)
    } finally {
      execFileSync('umount', [folder])
    }
  })
})

describe.runIf(linux && isRoot())('below a folder that only root may enter', () => {
  test('startEmbeddedPostgres: data move to the system\'s folder, which the notes name, and are found again', async () => {
    const closed = join(root, 'closed')
    await mkdir(closed, { mode: 0o700 })
    const first = await folders.start(join(closed, 'data/postgres'))
    await query(first.url, 'create table sold as select 9 as seat')
    await folders.stop(first)
    expect(first.notes.join()).toContain(first.folder)
    expect(first.folder).not.toContain(closed)

    const second = await folders.start(join(closed, 'data/postgres'))
    expect([second.folder, second.first_start]).toEqual([first.folder, false])
    expect(await query(second.url, 'select seat from sold')).toEqual([{ seat: 9 }])
    await folders.stop(second)

    await rm(join(closed, 'data'), { recursive: true })
    const third = await folders.start(join(closed, 'data/postgres'))
    expect([third.folder === first.folder, third.first_start]).toEqual([false, true])
    await folders.stop(third)
    for (const { folder } of [first, third]) await rm(folder, { recursive: true })
  })

  test('usableBinaries: missing symbolic links are made, and a closed install is copied, whole, once', async () => {
    const found = findBinaries()
    const never = () => Promise.reject(new Error('no copy was needed'))
    const native = join(root, 'closed-install/native')
    await mkdir(join(root, 'closed-install'), { mode: 0o700 })
    await cp(found.native, native, { recursive: true, verbatimSymlinks: true })
    await unlink(join(native, 'lib/libicui18n.so.60'))
    const at = (name: string) => join(native, 'bin', name)
    const mine = await usableBinaries({ ...found, native }, { name: 'me' }, never)
    expect(mine).toMatchObject({ native })
    await stat(join(native, 'lib/libicui18n.so.60'))
    await unlink(join(native, 'lib/libicui18n.so.60'))
    const closed = { ...found, native, initdb: at('initdb'), postgres: at('postgres'), pg_ctl: at('pg_ctl') }
    const account = { name: 'nobody', uid: 65534, gid: 65534 }

    const copy = await usableBinaries(closed, account, async () => join(root, 'copies'))
    const again = await usableBinaries(closed, account, async () => join(root, 'copies'))

    expect(copy.native).toContain(join(root, 'copies'))
    expect(again).toEqual(copy)
    const { uid, gid } = account
    const said = execFileSync(copy.postgres, ['--version'], { uid, gid, cwd: '/', encoding: 'utf8' })
    expect(said).toContain(' 18.')
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
