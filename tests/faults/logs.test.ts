import { execFileSync } from 'node:child_process'
import { mkdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serviceNames } from '@fermata/contracts/services'
import { placeOrder } from '@fermata/contracts/orders'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from '../end-to-end/sell.ts'

/** Tickets are sold, and a stop is a stop, whatever becomes of the logs. */

let data: Awaited<ReturnType<typeof createDataFolder>>
let server: ServerProcess | undefined
let full_disk: string | undefined

beforeEach(async () => {
  data = await createDataFolder()
})
afterEach(async () => {
  await server?.stop()
  if (full_disk) execFileSync('umount', ['--lazy', full_disk])
  full_disk = undefined
  await data.remove()
})

/** A disk of its own for the logs where one can be mounted, else files that are always full. */
async function fullFolder (): Promise<{ folder: string, free: () => Promise<void> }> {
  const folder = join(data.folder, 'full-logs')
  await mkdir(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    full_disk = folder
    await writeFile(join(folder, 'filler'), 'x'.repeat(64 * 1024))
    return { folder, free: () => unlink(join(folder, 'filler')) }
  } catch {
    console.log('Nothing can be mounted here, so links to /dev/full stand for a full disk.')
    const files = [...serviceNames, 'http', 'bus'].map(name => join(folder, `${name}.log`))
    for (const file of files) await symlink('/dev/full', file)
    return { folder, free: async () => { for (const file of files) await unlink(file) } }
  }
}

const droppedBy = async ({ url }: ServerProcess, output: string) => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const [, count] = new RegExp(`lines_dropped_total{output="${output}"} (\\d+)`).exec(text)!
  return Number(count)
}

const ended_within_ms = 10_000

test.runIf(process.platform === 'linux')(
  'a full disk of logs and a pipe that nobody reads: it sells, says what it lost and ends on TERM',
  async () => {
    const { folder, free } = await fullFolder()
    server = await startServerProcess(data.folder, {
      FERMATA_LOG_DIR: folder, LOG_STDOUT_LEVEL: 'trace', LOG_LEVEL: 'trace',
    })
    const { url, call, callAs } = server
    server.stopReading()
    const { event, ticket_type } = await putOnSale(callAs(await signIn(call, 'eventcreator')))
    const buy = () => must(call(placeOrder, { body: {
      event_id: event.id, items: [{ ticket_type_id: ticket_type.id, quantity: 1 }], buyer: buyer(),
    } }), placeOrder)

    expect((await buy()).status).toBe('pending')
    expect(await droppedBy(server, 'file')).toBeGreaterThan(0)
    // More than the pipe takes, and what is kept for its reader besides.
    await eventually(async () => {
      await Promise.all(Array.from({ length: 200 }, () => fetch(`${url}/api/orders/health`)))
      return await droppedBy(server!, 'stdout') > 0
    }, 'lines that nobody read', 60_000)
    expect((await buy()).status).toBe('pending')

    await free()
    await eventually(async () => {
      await fetch(`${url}/api/orders/health`)
      return (await readFile(join(folder, 'orders.log'), 'utf8').catch(() => ''))
        .includes('log lines could not be written')
    }, 'the loss to be told')
    const asked_ms = performance.now()
    expect(await server.stop()).toBe(0)
    expect(performance.now() - asked_ms).toBeLessThan(ended_within_ms)
  }, 300_000)

test.runIf(process.platform === 'linux')(
  'a full disk of logs that stays full: TERM ends the process', async () => {
    const { folder } = await fullFolder()
    server = await startServerProcess(
      data.folder, { FERMATA_LOG_DIR: folder, FERMATA_DEMO: 'false' })
    const { url } = server
    server.stopReading()
    await Promise.all(Array.from({ length: 50 }, () => fetch(`${url}/api/orders/health`)))

    const asked_ms = performance.now()
    expect(await server.stop()).toBe(0)
    expect(performance.now() - asked_ms).toBeLessThan(ended_within_ms)
  }, 300_000)
