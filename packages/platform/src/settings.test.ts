import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { PlatformSettings } from './platform-settings.ts'
import { readSettingFiles, readSettings, unknownSettings } from './settings.ts'

const schema = Type.Object({
  PORT: Type.Integer({
    minimum: 0, maximum: 65_535, description: 'a port number', examples: ['8000'], default: 8000
  }),
  RATE: Type.Optional(Type.Number({ description: 'a share of one', examples: ['0.5'] })),
  DEMO: Type.Boolean({ default: false, description: 'true or false', examples: ['false'] }),
  FERMATA_SECRET: Type.String({
    minLength: 32, description: 'a secret of 32 characters or more',
    examples: ['openssl rand -hex 32']
  }),
})
const secret = 'x'.repeat(32)
const messageOf = (environment: Record<string, string>) => {
  try {
    readSettings(schema, { FERMATA_SECRET: secret, ...environment })
    return null
  } catch (error) {
    return (error as Error).message
  }
}

test('readSettings: texts become numbers and booleans, and defaults fill in', () => {
  expect(readSettings(schema, { FERMATA_SECRET: secret, PORT: '', RATE: '0.25', DEMO: 'true' }))
    .toEqual({ FERMATA_SECRET: secret, PORT: 8000, RATE: 0.25, DEMO: true })
})

test('readSettings: all wrong values are named at once, each with an example', () => {
  const message = messageOf({ PORT: 'eighty', DEMO: 'maybe' })

  expect(message).toContain('PORT: expected a port number, e.g. PORT=8000')
  expect(message).toContain('DEMO: expected true or false, e.g. DEMO=false')
  expect(message).not.toContain('RATE')
})

test('readSettings: a missing value that has no default is named too', () => {
  expect(() => readSettings(schema, {})).toThrow(
    'FERMATA_SECRET: expected a secret of 32 characters or more'
  )
})

test('readSettings: the value itself is never shown, for it may be a secret', () => {
  const message = messageOf({ FERMATA_SECRET: 'hunter2', PORT: 'hunter3' })

  expect(message).toContain('FERMATA_SECRET')
  expect(message).not.toContain('hunter')
})

test.each([
  '1e3', '0x10', '８０', ' 80', '80 ', '2.5', 'Infinity', 'NaN', '-1', '65536', '1,000', '--1'
])(
  'readSettings: "%s" is no port, and is not guessed at', value => {
    expect(messageOf({ PORT: value })).toContain('PORT')
  })

test.each(['maybe', 'on', 'yes', '2', 'tru'])('readSettings: "%s" is no boolean', value => {
  expect(messageOf({ DEMO: value })).toContain('DEMO')
})

test('readSettings: what every process needs is complete with the two secrets alone', () => {
  const settings = readSettings(
    PlatformSettings, { JWT_EXTERNAL_SIGNATURE: secret, JWT_INTERNAL_SIGNATURE: secret }
  )

  expect(settings).toMatchObject({
    LOG_LEVEL: 'info', RATE_LIMITS: 'on', FERMATA_DEMO: false, CORS_ORIGINS: '', DRAIN_MS: 0
  })
  expect(settings).not.toHaveProperty('METRICS_TOKEN')
})

test('unknownSettings: a slip in a name of ours is found, other names are not ours', () => {
  expect(
    unknownSettings(
      [schema], { FERMATA_SECRET: secret, FERMATA_SECRETT: secret, PATH: '/bin', PORT: '1' }
    )
  )
    .toEqual(['FERMATA_SECRETT'])
})

test('readSettingFiles: a file that is named holds the value, its last line end aside', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-settings-'))
  try {
    const file = join(folder, 'secret')
    writeFileSync(file, `${secret}\n`)
    expect(readSettingFiles([schema], {
      FERMATA_SECRET_FILE: file, PORT: '1', SSL_CERT_FILE: '/not/ours',
    })).toEqual({ FERMATA_SECRET: secret, PORT: '1', SSL_CERT_FILE: '/not/ours' })

    expect(() => readSettingFiles([schema], { FERMATA_SECRET_FILE: join(folder, 'none') }))
      .toThrow(/^FERMATA_SECRET_FILE: .* cannot be read \(ENOENT\)/)
    expect(() => readSettingFiles([schema], { FERMATA_SECRET_FILE: file, FERMATA_SECRET: secret }))
      .toThrow('FERMATA_SECRET and FERMATA_SECRET_FILE are both set')
    writeFileSync(file, 'x'.repeat(70_000))
    expect(() => readSettingFiles([schema], { FERMATA_SECRET_FILE: file })).toThrow('longer')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('readSettings: proxies are ranges of addresses, and what is none is named', () => {
  const needed = { JWT_EXTERNAL_SIGNATURE: secret, JWT_INTERNAL_SIGNATURE: secret }
  for (const TRUST_PROXY of ['10.0.0.0/255.0.0.0', 'loopback, uniquelocal']) {
    expect(readSettings(PlatformSettings, { ...needed, TRUST_PROXY }).TRUST_PROXY)
      .toBe(TRUST_PROXY)
  }
  expect(() => readSettings(PlatformSettings, { ...needed, TRUST_PROXY: 'proxy.example.org' }))
    .toThrow('TRUST_PROXY: expected addresses or ranges of proxies')
})
