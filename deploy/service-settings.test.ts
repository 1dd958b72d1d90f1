import { readFileSync } from 'node:fs'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { secretsOf } from '@fermata/platform/settings'
import { ServerSettings } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import { Type, type TObject } from 'typebox'
import { expect, test } from 'vitest'
import { hostOf, targets } from './front-door.ts'
import { openNames, secretNames, sharedSecretNames } from './service-settings.ts'

const schemas: TObject[] = [ServerSettings, PlatformSettings,
  ...Object.values(allServices).flatMap(one => one.settings ?? [])]

/** Addresses without a password in them. */
const plain_addresses = /^(PUBLIC_URL|API_URL|BACKUP_S3_URL|[A-Z]+_SERVICE_URL)$/
const sounds_secret = /PASSWORD|PASSPHRASE|TOKEN|SIGNATURE|SECRET|CREDENTIAL|_KEY$|_URL/

/** Names that sound as if nobody should see their value, and whose schema does not say so. */
const unmarked = (schema: TObject) => {
  const marked = secretsOf(schema)
  return Object.keys(schema.properties).filter(name =>
    sounds_secret.test(name) && !plain_addresses.test(name) && !marked.includes(name))
}

test('settings: whatever sounds like a secret is marked as one', () => {
  for (const schema of schemas) expect(unmarked(schema)).toEqual([])
  expect(unmarked(Type.Object({ SMS_TOKEN: Type.String(), SMS_SENDER: Type.String() })))
    .toEqual(['SMS_TOKEN'])
})

test('secretNames: a service gets the secrets of its own schema and no other', () => {
  expect(secretNames('tickets')).toContain('TICKET_SIGNATURE')
  expect(secretNames('orders')).not.toContain('TICKET_SIGNATURE')
  expect(secretNames('notifications')).toContain('MAIL_PASSWORD')
  expect(secretNames('web')).toEqual([])
  for (const target of targets)
    expect(openNames(target).filter(name => sharedSecretNames().includes(name)), hostOf(target))
      .toEqual([])
})

test('sharedSecretNames: the instructions for a cluster make every one of them', () => {
  const page = readFileSync(new URL('../docs/operate/deploy.md', import.meta.url), 'utf8')
  const made = [...page.matchAll(/--from-literal=([a-z0-9_]+)=/g)].map(([, name]) => name)
  for (const name of sharedSecretNames()) expect(made).toContain(name.toLowerCase())
})
