import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { securityHeaders } from '@fermata/platform/security-headers'
import { afterEach, expect, test } from 'vitest'
import type { NginxOptions, Upstreams } from '../../deploy/nginx.ts'
import {
  addresses, freePort, makeCertificate, sendRaw, startNginx, startUpstream,
} from './run-nginx.ts'

const started: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop()
})

async function upstream () {
  const one = await startUpstream('any')
  started.push(one)
  return one
}

async function frontDoor (upstreams: Upstreams, options: Partial<NginxOptions> = {}) {
  const nginx = await startNginx(upstreams, options)
  started.push(nginx)
  return nginx
}

/** The headers of an answer as they came, each name as often as it stands there. */
const headersIn = (answer: string) => answer.split('\r\n\r\n')[0]!.split('\r\n').slice(1).map(line =>
  [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)] as const)

test('front door: what protects is on every answer, once, whoever made it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-pages-'))
  started.push({ stop: () => rm(folder, { recursive: true, force: true }) })
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'assets/a.js'), 'plain()')
  const upstreams = addresses([(await upstream()).address])
  const front = await frontDoor(upstreams, { pages_folder: folder })
  const nobody = await frontDoor(addresses([`127.0.0.1:${await freePort()}`]))
  const { certificate, key, ...made } = await makeCertificate()
  started.push(made)
  const secure = await frontDoor(upstreams,
    { tls: { listen: [`127.0.0.1:${await freePort()}`], certificate, key } })
  const usual = 'Host: localhost\r\nConnection: close\r\n'
  const asked: [status: number, port: number, request: string][] = [
    [400, front.port, 'nonsense\r\n\r\n'],
    [400, front.port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [400, front.port, `POST /api/orders HTTP/1.1\r\n${usual}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    [400, front.port, `POST / HTTP/1.1\r\n${usual}Transfer-Encoding: gzip\r\n\r\n`],
    [400, front.port, 'GET / HTTP/3.7\r\nHost: localhost\r\n\r\n'],
    [404, front.port, `GET /internal/orders/export HTTP/1.1\r\n${usual}\r\n`],
    [404, front.port, `GET /assets/none.js HTTP/1.1\r\n${usual}\r\n`],
    [405, front.port, `TRACE / HTTP/1.1\r\n${usual}\r\n`],
    [405, front.port, `POST /assets/a.js HTTP/1.1\r\n${usual}\r\n`],
    [413, front.port, `POST /api/orders HTTP/1.1\r\n${usual}Content-Length: 99999999\r\n\r\n`],
    [413, front.port, `POST / HTTP/1.1\r\n${usual}Content-Length: 99999999\r\n\r\n`],
    [431, front.port, `GET / HTTP/1.1\r\n${usual}X-Long: ${'x'.repeat(90_000)}\r\n\r\n`],
    [503, nobody.port, `GET /api/events HTTP/1.1\r\n${usual}\r\n`],
    [503, nobody.port, `GET / HTTP/1.1\r\n${usual}\r\n`],
    [308, secure.port, `GET /here HTTP/1.1\r\n${usual}\r\n`],
    // What the upstream left out is added; the upstreams here say none.
    [200, front.port, `GET /api/events HTTP/1.1\r\n${usual}\r\n`],
    [200, front.port, `GET /assets/a.js HTTP/1.1\r\n${usual}\r\n`],
    [301, front.port, `GET /assets/folder HTTP/1.1\r\n${usual}\r\n`],
    [200, front.port, `GET /assets/a.js HTTP/1.1\r\n${usual}Range: bytes=900-\r\n\r\n`],
  ]
  await mkdir(join(folder, 'assets/folder'))
  for (const [status, port, request] of asked) {
    const { answer } = await sendRaw(port, request)
    const name = request.slice(0, 60).replaceAll('\r\n', ' | ')
    expect([name, Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])]).toEqual([name, status])
    const headers = headersIn(answer)
    const wanted = securityHeaders(port === secure.port ? 'https://localhost' : 'http://localhost')
    for (const [header, value] of Object.entries(wanted)) {
      expect([name, header, headers.filter(([one]) => one === header).map(([, one]) => one)])
        .toEqual([name, header, [value]])
    }
  }
})

test('front door: what an upstream says of itself stays, and is said once', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-security-policy': "default-src 'self'" }).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  started.push({ stop: async () => { await new Promise(resolve => server.close(resolve)) } })
  const front = await frontDoor(addresses([`127.0.0.1:${(server.address() as AddressInfo).port}`]))
  const { headers } = await fetch(`${front.url}/api/events`)
  expect(headers.get('content-security-policy')).toBe("default-src 'self'")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})
