import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createDataFolder, startServerProcess } from '@fermata/testkit/server-process'
import { expect, test } from 'vitest'

/** The command as an operator types it, beside a server that runs and when it has stopped. */

const main = fileURLToPath(new URL('../../apps/server/verify/main.ts', import.meta.url))

interface Ended { code?: number, stdout: string, stderr: string }

const verify = (folder: string, ...parameters: string[]): Promise<Ended> =>
  promisify(execFile)(process.execPath, [main, ...parameters], {
    env: { ...process.env, FERMATA_DATA: folder },
  }).catch((error: Ended) => error)

test('verify: the command finds the database of a server that runs, and of one that has stopped', async () => {
  const data = await createDataFolder()
  try {
    const nowhere = await verify(data.folder)
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('Nothing is installed in')])
    const server = await startServerProcess(data.folder, { FERMATA_DEMO: 'false' })
    const beside = await verify(data.folder, '--settle', '1')
    await server.stop()
    const stopped = await verify(data.folder, '--json')

    expect(beside).toMatchObject({ stdout: expect.stringContaining('0 mismatches of 0 kinds') })
    expect(beside.code, beside.stderr).toBeUndefined()
    expect(JSON.parse(stopped.stdout)).toMatchObject({ mismatches: [], unanswered: [] })
    const wrong = await verify(data.folder, '--repair', 'everything')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--repair <name>')])
  } finally {
    await data.remove()
  }
}, 240_000)
