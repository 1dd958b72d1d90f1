import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { register } from '@fermata/contracts/auth'
import { createBackup, getBackup } from '@fermata/contracts/backups'
import { createClient } from '@fermata/contracts/client'
import { listDeliveries } from '@fermata/contracts/notifications'
import { uuidv7 } from '@fermata/platform/ids'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { secretsOf } from '@fermata/platform/settings'
import { createTokens } from '@fermata/platform/tokens'
import { signatures } from '@fermata/server/secrets'
import { databaseVariable, ServerSettings } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import { startServer, type Server } from '@fermata/server/start-server'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { eventually } from '@fermata/testkit/start'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildWebWhenStale } from '../../tools/build-web.ts'
import { allRoutes } from './fuzz/routes.ts'
import { openBackups } from './opened-backups.ts'
import { figure } from '../proofs/proof.ts'

/** S27: what an installation was given to keep to itself is told to nobody. */

const canary = () => `canary${randomBytes(24).toString('hex')}`
const secrets: Record<string, string> = Object.fromEntries(
  [...signatures, 'METRICS_TOKEN', 'MAIL_PASSWORD', 'DATABASE_PASSWORD', 'OTEL'].map(name => [name, canary()]))
const given_as_files = ['JWT_INTERNAL_SIGNATURE', 'TICKET_SIGNATURE', 'MAIL_PASSWORD']

let folder: string
let server: Server
let smtp: SMTPServer
let url: string
let database: Awaited<ReturnType<typeof createTestDatabase>>

beforeAll(async () => {
  await buildWebWhenStale()
  folder = mkdtempSync(join(tmpdir(), 'fermata-secrets-'))
  database = await createTestDatabase()
  smtp = new SMTPServer({ allowInsecureAuth: true, disabledCommands: ['STARTTLS'],
    // The worst that a mail server may do: it repeats what it was told.
    onAuth: ({ username, password }, _, done) => done(new Error(`no ${username} ${password}`)) })
  const mail_port = await new Promise<number>(resolve => {
    const one = smtp.listen(0, '127.0.0.1', () => resolve((one.address() as AddressInfo).port))
  })
  const address = new URL(database.url)
  address.password = secrets.DATABASE_PASSWORD!
  const files = given_as_files.map(name => {
    const file = join(folder, name.toLowerCase())
    writeFileSync(file, `${secrets[name]}\n`, { mode: 0o600 })
    return [`${name}_FILE`, file] as const
  })
  server = await startServer({
    ...Object.fromEntries([...signatures, 'METRICS_TOKEN']
      .filter(name => !given_as_files.includes(name)).map(name => [name, secrets[name]])),
    ...Object.fromEntries(files), DATABASE_URL: address.href,
    MAIL_HOSTNAME: '127.0.0.1', MAIL_PORT: String(mail_port), MAIL_USERNAME: 'fermata',
    MAIL_FROM: 'Town Hall <tickets@example.org>', MAIL_RETRY_SECONDS: '0.05',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secrets.OTEL}`,
    NODE_ENV: 'test', LOG_LEVEL: 'trace', LOG_STDOUT_LEVEL: 'fatal', RATE_LIMITS: 'off', PORT: '0',
    FERMATA_DEMO: 'false', FERMATA_DATA: join(folder, 'data'), FERMATA_LOG_DIR: join(folder, 'logs'),
    BACKUP_DIR: join(folder, 'backups'),
  }, allServices)
  await server.listen()
  url = `http://127.0.0.1:${(server.system.app.server.address() as AddressInfo).port}`
}, 120_000)
afterAll(async () => {
  await server?.stop()
  await new Promise<void>(resolve => { smtp.close(resolve) })
  await database?.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** A secret as it is, and as programs write it. */
const forms = Object.entries(secrets).flatMap(([name, secret]) => [
  secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(`\0fermata\0${secret}`).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
].map(form => ({ name, form })))

const told = (where: string, text: string) =>
  forms.filter(({ form }) => text.includes(form)).map(({ name }) => `${name} in ${where}`)

const filesBelow = (path: string): string[] => statSync(path).isDirectory()
  ? readdirSync(path).flatMap(name => filesBelow(join(path, name))) : [path]

const callAs = (token: string) => createClient({ base_url: url,
  fetch: (path, init) => fetch(path, init), headers: { authorization: `Bearer ${token}` } }).call

test('S27: secrets are in no answer, log, table or backup, whatever goes wrong', async () => {
  const tokens = createTokens(secrets as never)
  const admin = () => tokens.signAccess({ user_id: uuidv7(), roles: ['admin'], login_id: uuidv7(),
    email: 'ada@example.com', email_verified: true, confirmed_at_s: Math.floor(Date.now() / 1000) })
  const call = callAs(await admin())
  // A mail that cannot be sent, because the server does not like the password, and says so.
  await createClient({ base_url: url, fetch: (path, init) => fetch(path, init), headers: {} }).call(
    register, { body: { email: 'ann@example.com', password: 'correct horse battery', username: 'Ann' } })
  await eventually(async () => {
    const answer = await call(listDeliveries, { query: {} })
    return answer.ok && answer.body.items.some(({ last_error }) => last_error !== null)
  }, 'a failed mail')

  const found: string[] = []
  let answers = 0
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, { redirect: 'manual', ...init })
    found.push(...told(path, `${JSON.stringify([...answer.headers])}${await answer.text()}`))
    answers++
  }
  for (const { route } of await allRoutes()) {
    const path = route.path.replace(/\{\w+\}/g, uuidv7())
    for (const authorization of ['', `Bearer ${await admin()}`, `Bearer ${secrets.METRICS_TOKEN}x`])
      await ask(path, { method: route.method, headers: {
        ...(authorization && { authorization }), 'content-type': 'application/json' },
      ...(route.method === 'GET' ? {} : { body: '{}' }) })
  }
  for (const path of ['/', '/docs', '/metrics', '/health', '/sign-in', '/nowhere', '/%zz', '/problems',
    '/api/auth/doc/', '/api/auth/doc/json', '/api/orders/doc/json', '/.env', '/secrets.json'])
    await ask(path)
  await ask('/metrics', { headers: { authorization: `Bearer ${secrets.METRICS_TOKEN}` } })
  expect(found).toEqual([])

  const made = await call(createBackup, { body: {} })
  const id = made.ok ? made.body.id : ''
  await eventually(async () => {
    const answer = await call(getBackup, { params: { id } })
    return answer.ok && answer.body.completed_at !== null
  }, 'the backup', 60_000)
  const backups = filesBelow(join(folder, 'backups'))
  const logs = filesBelow(join(folder, 'logs'))
  expect([backups.length > 5, logs.length > 5]).toEqual([true, true])
  for (const file of backups) found.push(...told(file, readFileSync(file, 'latin1')))
  const opened = Object.entries(await openBackups(join(folder, 'backups'), secrets.BACKUP_KEY!))
  expect(opened.length).toBeGreaterThan(5)
  for (const [part, text] of opened) found.push(...told(part, text))
  for (const file of logs) found.push(...told(file, readFileSync(file, 'utf8')))
  expect(found).toEqual([])
  figure('S27', `${Object.keys(secrets).length} secrets from the environment and from files, with the ` +
    `log at trace: in 0 of ${answers} answers, ${logs.length} logs and ${backups.length} files of backups.`)
}, 200_000)

const schemas = [ServerSettings, PlatformSettings,
  ...Object.values(allServices).flatMap(one => one.settings ?? [])]
const secret_settings = [...new Set(schemas.flatMap(secretsOf))]

/** @returns all that a failed start says, with its causes and stacks */
const refusalOf = (environment: Record<string, string>) => startServer({
  PORT: '0', FERMATA_DATA: join(folder, 'other'), FERMATA_DEMO: 'false', LOG_LEVEL: 'fatal', ...environment,
}, allServices).then(async started => {
  await started.stop()
  return ''
}, (error: unknown) => inspect(error, { depth: 10 }))

test('S27: a start that is refused says which secret is wrong, and not what it is', async () => {
  const refused: string[] = []
  for (const name of secret_settings) {
    const wrong = `canary,${randomBytes(6).toString('hex')}`
    const said = await refusalOf({ DATABASE_URL: database.url, NODE_ENV: 'test', [name]: wrong })
    if (said.includes(name)) refused.push(name)
    expect([name, said.includes(wrong)]).toEqual([name, false])
  }
  expect(refused).toEqual(expect.arrayContaining(
    ['DATABASE_URL', 'JWT_INTERNAL_SIGNATURE', 'NATS_URL', 'ORDER_SIGNATURE']))
  const password = canary()
  const away = await refusalOf({ NODE_ENV: 'test', DATABASE_URL: `postgres://fermata:${password}@127.0.0.1:9/x` })
  expect(away).toContain('does not answer')
  expect(away).not.toContain(password)
}, 60_000)

test('S27: production starts with no secret that everybody can guess', async () => {
  const production = {
    NODE_ENV: 'production', PUBLIC_URL: 'https://tickets.example.org', SIMULATED_PAYMENTS: 'true',
    MAIL_HOSTNAME: '127.0.0.1', MAIL_FROM: 'a@example.org',
  }
  const known: [name: string, value: string][] = [
    ...signatures.flatMap((name): [string, string][] => [
      [name, 'development-only-'.padEnd(40, 'x')], [name, 'change-me-change-me-change-me-change-me'],
      [name, `${randomBytes(32).toString('hex')},${'0'.repeat(32)}`]]),
    ['METRICS_TOKEN', 'development-only-metrics-token'], ['MAIL_PASSWORD', 'changeme'],
    ['NATS_URL', 'nats://fermata:secret@127.0.0.1:9'], ['DATABASE_URL', 'postgres://a:postgres@127.0.0.1:9/x'],
    [databaseVariable('orders'), 'postgres://orders:development-only-database@127.0.0.1:9/x'],
  ]
  for (const [name, value] of known) {
    const said = await refusalOf({ ...production, DATABASE_URL: 'postgres://a@127.0.0.1:9/x', [name]: value })
    expect([name, said.includes(`Everybody can guess ${name}:`), said.includes(value)])
      .toEqual([name, true, false])
  }
  // With secrets of its own it comes as far as the database, which is not there.
  const own = Object.fromEntries(signatures.map(name => [name, randomBytes(32).toString('hex')]))
  expect(await refusalOf({ ...production, ...own, DATABASE_URL: 'postgres://a@127.0.0.1:9/x' }))
    .toContain('does not answer')
}, 60_000)
