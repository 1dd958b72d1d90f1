import { randomBytes } from 'node:crypto'
import { uuidv7 } from '@fermata/platform/ids'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { BrokenCopy } from '../copies/broken-copy.ts'
import { secret, startObjectStore, type ObjectStore } from '../test/object-store.ts'
import { s3Store } from './s3-store.ts'

let server: ObjectStore
beforeAll(async () => { server = await startObjectStore() })
afterAll(() => server.stop())
beforeEach(() => server.objects.clear())

const store = (
  secret_access_key = secret, url = 's3://copies/shop/one', max_pages?: number
) => s3Store({
  url, endpoint: server.endpoint, region: 'eu-central-1', access_key_id: 'fermata',
  secret_access_key, ...max_pages && { max_pages },
})

test('s3Store: writes, lists over several pages, reads and removes', async () => {
  const [first, second] = [uuidv7(), uuidv7()]
  const bytes = randomBytes(300_000)
  for (const id of [first, second]) {
    await store().write(`${id}/orders-00001`, bytes)
    await store().write(`${id}/manifest.json`, Buffer.from('{}'))
  }
  await store().write(`${uuidv7()}/orders-00001`, bytes)
  expect([...server.objects.keys()].every(key => key.startsWith('shop/one/'))).toBe(true)
  expect(await store().list()).toEqual([first, second].sort())
  expect(await store().read(`${first}/orders-00001`)).toEqual(bytes)
  await store().remove(first)
  expect(await store().list()).toEqual([second])
  await expect(store().read(`${first}/orders-00001`)).rejects.toThrow(BrokenCopy)
})

test('s3Store: asks again when the store is busy, and says what it said when it stays so', async () => {
  server.fail(2)
  await store().write('a/manifest.json', Buffer.from('{}'))
  expect(server.objects.size).toBe(1)
  server.fail(100)
  await expect(store().list()).rejects.toThrow('answered 503 SlowDown')
  server.fail(0)
})

test('s3Store: a wrong secret or bucket is said in a sentence that holds neither', async () => {
  const wrong = store('another secret')
  await expect(wrong.list()).rejects.toThrow('answered 403 SignatureDoesNotMatch')
  const lost = store(secret, 's3://elsewhere/shop')
  await expect(lost.write('a/b', Buffer.from('x'))).rejects.toThrow('There is no bucket elsewhere')
})

test('s3Store: names of a folder, all of them or those after one, and one file removed', async () => {
  const names = ['a', 'b', 'c', 'd']
  for (const name of names) await store().write(`endings/${name}`, Buffer.from('{}'))
  expect(await store().names('endings')).toEqual(names)
  expect(await store().names('endings', 'b')).toEqual(['c', 'd'])
  await store().removeFile('endings/c')
  expect(await store().names('endings')).toEqual(['a', 'b', 'd'])
})

test('s3Store: refuses a list that is too long to be read, and cuts none', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) await store().write(`endings/${name}`, Buffer.from('{}'))
  await expect(store(secret, undefined, 2).names('endings')).rejects.toThrow(
    'There are more than 4 files in s3://copies/shop/one/endings/')
  expect(await store(secret, undefined, 2).names('endings', 'a')).toHaveLength(4)
})
