import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRunningPostgres } from './find-running.ts'
import { findServer } from './postmaster.ts'
import { makeTestFolder, query, type TestFolder } from './test-folder.ts'

let folders: TestFolder

beforeAll(async () => { folders = await makeTestFolder() })
afterAll(() => folders.remove())

test('findRunningPostgres: tells where a server runs, and leaves one that stopped as it is', async () => {
  const nowhere = join(folders.root, 'nowhere')
  expect(await findRunningPostgres(nowhere)).toEqual({ state: 'absent' })

  const folder = folders.dataIn('here')
  expect(await findRunningPostgres(folder)).toEqual({ state: 'stopped' })
  expect(await findServer(join(folder, 'data'))).toBeUndefined()

  const server = await folders.start(folder)
  const found = await findRunningPostgres(folder)
  expect(found).toEqual({ state: 'running', url: server.url, folder: server.folder })
  expect(await query(server.url, 'select seat from sold')).toEqual([{ seat: 1 }])
  await folders.stop(server)
  expect(await findRunningPostgres(folder)).toEqual({ state: 'stopped' })
})
