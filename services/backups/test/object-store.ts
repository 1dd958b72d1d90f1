import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * A stand-in for an object store: path-style buckets, and each request's signature computed anew by
 * the rules of AWS Signature Version 4, so that a wrong one is refused as there.
 */

export const secret = 'a secret of the bucket'

export interface ObjectStore {
  endpoint: string
  /** Of the bucket `copies`, by their keys. */
  objects: Map<string, Buffer>
  /** What was asked, as `GET /copies/key`. */
  asked: string[]
  /** So many of the next requests are refused because the store is busy. */
  fail: (requests: number) => void
  stop: () => Promise<void>
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

function isSigned (request: IncomingMessage, body: Buffer): boolean {
  const words = /Credential=fermata\/(\d{8})\/([\w-]+)\/s3\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w+)/
    .exec(request.headers.authorization ?? '')
  if (!words) return false
  const [, day, region, names, signature] = words as unknown as string[]
  const { pathname, searchParams } = new URL(request.url!, 'http://store')
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

function answer (
  request: IncomingMessage, body: Buffer, objects: Map<string, Buffer>
): Answer {
  if (!isSigned(request, body)) return { status: 403, body: '<Code>SignatureDoesNotMatch</Code>' }
  const { pathname, searchParams } = new URL(request.url!, 'http://store')
  if (!pathname.startsWith('/copies')) return { status: 404, body: '<Code>NoSuchBucket</Code>' }
  const key = decodeURIComponent(pathname.slice('/copies/'.length))
  if (request.method === 'PUT') objects.set(key, body)
  if (request.method === 'DELETE') objects.delete(key)
  if (request.method !== 'GET') return { status: request.method === 'PUT' ? 200 : 204 }
  if (key !== '') {
    return objects.has(key) ? { status: 200, body: objects.get(key) } : { status: 404 }
  }
  // Two at a time, so that the pages of a list are read on.
  const after = searchParams.get('continuation-token') ?? searchParams.get('start-after') ?? ''
  const all = [...objects.keys()].sort()
    .filter(one => one.startsWith(searchParams.get('prefix') ?? '') && one > after)
  const next = all.length > 2 ? `<NextContinuationToken>${all[1]}</NextContinuationToken>` : ''
  return { status: 200, body: all.slice(0, 2).map(one => `<Key>${one}</Key>`).join('') + next }
}

export async function startObjectStore (): Promise<ObjectStore> {
  const objects = new Map<string, Buffer>()
  const asked: string[] = []
  let failures = 0
  const server = createServer((request, response) => {
    void buffer(request).then(bytes => {
      asked.push(`${request.method} ${request.url}`)
      const { status, body } = failures-- > 0
        ? { status: 503, body: '<Code>SlowDown</Code>' } : answer(request, bytes, objects)
      response.writeHead(status).end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, objects, asked,
    fail (requests) { failures = requests },
    stop: () => new Promise(resolve => server.close(() => resolve())),
  }
}
