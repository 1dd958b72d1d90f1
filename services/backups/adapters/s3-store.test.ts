import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { uuidv7 } from '@fermata/platform/ids'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { BrokenCopy } from '../copies/broken-copy.ts'
import { s3Store } from './s3-store.ts'

/**
 * A stand-in for an object store: path-style buckets, and each request's signature computed anew by
 * the rules of AWS Signature Version 4, so that a wrong one is refused as there.
 */

const secret = 'a secret of the bucket'
const objects = new Map<string, Buffer>()
let failures = 0
let server: Server
let endpoint: string

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

function isSigned (request: IncomingMessage, body: Buffer): boolean {
  const words = /Credential=fermata\/(\d{8})\/([\w-]+)\/s3\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w+)/
    .exec(request.headers.authorization ?? '')
  if (!words) return false
  const [, day, region, names, signature] = words as unknown as string[]
  const { pathname, searchParams } = new URL(request.url!, endpoint)
  searchParams.sort()
  const query = [...searchParams].map(pair => pair.map(encodeURIComponent).join('=')).join('&')
  const digest = request.headers['x-amz-content-sha256'] as string
  if (digest !== 'UNSIGNED-PAYLOAD' && digest !== sha256(body)) return false
  const headers = names!.split(';')
    .map(name => `${name}:${String(request.headers[name])}\n`).join('')
  const canonical = [request.method, pathname, query, headers, names, digest].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secret}`, day!), region!))
  return hmac(key, text).toString('hex') === signature
}

interface Answer { status: number, body?: Buffer | string }

function answer (request: IncomingMessage, body: Buffer): Answer {
  if (!isSigned(request, body)) return { status: 403, body: '<Code>SignatureDoesNotMatch</Code>' }
  if (failures > 0) {
    failures--
    return { status: 503, body: '<Code>SlowDown</Code>' }
  }
  const { pathname, searchParams } = new URL(request.url!, endpoint)
  if (!pathname.startsWith('/copies')) return { status: 404, body: '<Code>NoSuchBucket</Code>' }
  const key = decodeURIComponent(pathname.slice('/copies/'.length))
  if (request.method === 'PUT') objects.set(key, body)
  if (request.method === 'DELETE') objects.delete(key)
  if (request.method !== 'GET') return { status: request.method === 'PUT' ? 200 : 204 }
  if (key !== '') {
    return objects.has(key) ? { status: 200, body: objects.get(key) } : { status: 404 }
  }
  // Two at a time, so that the pages of a list are read on.
  const after = searchParams.get('continuation-token') ?? ''
  const all = [...objects.keys()].sort()
    .filter(one => one.startsWith(searchParams.get('prefix') ?? '') && one > after)
  const next = all.length > 2 ? `<NextContinuationToken>${all[1]}</NextContinuationToken>` : ''
  return { status: 200, body: all.slice(0, 2).map(one => `<Key>${one}</Key>`).join('') + next }
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void buffer(request).then(bytes => {
      const { status, body } = answer(request, bytes)
      response.writeHead(status).end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise(resolve => server.close(resolve)))
beforeEach(() => objects.clear())

const store = (secret_access_key = secret, url = 's3://copies/shop/one') => s3Store({
  url, endpoint, region: 'eu-central-1', access_key_id: 'fermata', secret_access_key,
})

test('s3Store: writes, lists over several pages, reads and removes', async () => {
  const [first, second] = [uuidv7(), uuidv7()]
  const bytes = randomBytes(300_000)
  for (const id of [first, second]) {
    await store().write(`${id}/orders-00001`, bytes)
    await store().write(`${id}/manifest.json`, Buffer.from('{}'))
  }
  await store().write(`${uuidv7()}/orders-00001`, bytes)
  expect([...objects.keys()].every(key => key.startsWith('shop/one/'))).toBe(true)
  expect(await store().list()).toEqual([first, second].sort())
  expect(await store().read(`${first}/orders-00001`)).toEqual(bytes)
  await store().remove(first)
  expect(await store().list()).toEqual([second])
  await expect(store().read(`${first}/orders-00001`)).rejects.toThrow(BrokenCopy)
})

test('s3Store: asks again when the store is busy, and says what it said when it stays so', async () => {
  failures = 2
  await store().write('a/manifest.json', Buffer.from('{}'))
  expect(objects.size).toBe(1)
  failures = 100
  await expect(store().list()).rejects.toThrow('answered 503 SlowDown')
  failures = 0
})

test('s3Store: a wrong secret or bucket is said in a sentence that holds neither', async () => {
  const wrong = store('another secret')
  await expect(wrong.list()).rejects.toThrow('answered 403 SignatureDoesNotMatch')
  const lost = store(secret, 's3://elsewhere/shop')
  await expect(lost.write('a/b', Buffer.from('x'))).rejects.toThrow('There is no bucket elsewhere')
})
