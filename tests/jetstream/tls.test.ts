import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestNats, type TestNats } from '@fermata/testkit/nats-server'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** A message server on another machine: encrypted, vouched for by an authority of one's own. */

let folder: string
const servers: TestNats[] = []

/** A certificate that vouches for itself, as an authority's does. */
function makeCertificate (name: string, host = 'localhost') {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', certificate])
  if (made.status !== 0) throw new Error(made.stderr.toString())
  return { certificate, key }
}

async function startNats (config: string) {
  const nats = await createTestNats(
    `authorization { user: fermata, password: "p:ss/w@rd" }\n${config}`)
  servers.push(nats)
  await nats.start()
  // By its name: the client compares that with the certificate, and never an address.
  return nats.url.replace('nats://127.0.0.1', 'localhost')
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-tls-'))
})
afterAll(async () => {
  await Promise.all(servers.map(nats => nats.remove()))
  await rm(folder, { recursive: true, force: true })
})

/** Node reads authorities when it starts, so each connection is a process's own. */
const program = `
  import { connectNats } from './packages/platform/src/nats-connection.ts'
  const log = { info () {}, warn ({ err }) { console.log('refused: ' + (err.code ?? err.message)) } }
  const onConnect = async () => { console.log('connected') }
  connectNats({ url: process.env.NATS_URL, name: 'test', onConnect, log })`

/** @returns the first word of the product's connection with these settings */
async function firstWord (environment: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...environment } })
  const [word] = await once(child.stdout, 'data') as [Buffer]
  child.kill('SIGKILL')
  return word.toString().trim()
}

test('tls: only with the authority that vouches for the server and the password it wants', async () => {
  const [own, other] = [makeCertificate('own'), makeCertificate('other')]
  const elsewhere = makeCertificate('elsewhere', 'nats.example.org')
  const [address, misnamed] = await Promise.all([own, elsewhere].map(({ certificate, key }) =>
    startNats(`tls { cert_file: "${certificate}", key_file: "${key}" }`)))
  const plain = await startNats('')
  const secret = `fermata:${encodeURIComponent('p:ss/w@rd')}`
  const words = await Promise.all([
    firstWord({ NATS_URL: `tls://${secret}@${address}`, NODE_EXTRA_CA_CERTS: own.certificate }),
    firstWord({ NATS_URL: `tls://${secret}@${address}`, NODE_EXTRA_CA_CERTS: other.certificate }),
    firstWord({
      NATS_URL: `tls://${secret}@${misnamed}`, NODE_EXTRA_CA_CERTS: elsewhere.certificate }),
    firstWord({
      NATS_URL: `tls://fermata:guess@${address}`, NODE_EXTRA_CA_CERTS: own.certificate }),
    // Nobody in between may talk us out of encryption.
    firstWord({ NATS_URL: `tls://${secret}@${plain}` }),
  ])
  expect(words).toEqual(['connected', 'refused: DEPTH_ZERO_SELF_SIGNED_CERT',
    'refused: ERR_TLS_CERT_ALTNAME_INVALID', expect.stringContaining('Authorization Violation'),
    expect.stringContaining('does not support \'tls\'')])
})
