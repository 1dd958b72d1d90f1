import type { ServiceName } from '@fermata/contracts/services'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { secretsOf } from '@fermata/platform/settings'
import { addressVariable, databaseVariable } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import { hostOf, portOf, targets, type Target } from './front-door.ts'

/** Which settings a target is given in containers, and which of them are secrets. */

const isService = (target: Target): target is ServiceName => target !== 'web'

/** Values that other people's eyes must not see: files, or references to a cluster's secrets. */
export function secretNames (target: Target): string[] {
  if (!isService(target)) return []
  const { settings } = allServices[target]
  return [...platform_secrets, databaseVariable(target), ...settings ? secretsOf(settings) : []]
}
const platform_secrets = secretsOf(PlatformSettings)

/** Every secret of an installation but the addresses of its databases, each once. */
export const sharedSecretNames = (): string[] => [...new Set(targets.flatMap(secretNames))]
  .filter(name => !name.startsWith('DATABASE_URL'))

/** Settings whose values an operator may choose: those of every process and the target's own. */
export function openNames (target: Target): string[] {
  const own = isService(target) ? allServices[target].settings?.properties ?? {} : {}
  const fixed = new Set([
    ...Object.keys(fixedSettings(target)), ...secretNames(target), ...platform_secrets])
  return [...new Set([...Object.keys(PlatformSettings.properties), ...Object.keys(own)])]
    .filter(name => !fixed.has(name) && !/FERMATA_DEMO|FERMATA_LOG_DIR|MAILBOX_READERS/.test(name))
}

/** What follows from the deployment's shape and is not for the operator to choose. */
export const fixedSettings = (target: Target): Record<string, string> => ({
  SERVICES: target,
  PORT: String(portOf(target)),
  ...shared_settings,
  ...(target === 'backups' && { BACKUP_DIR: backups_folder }),
  ...serviceAddresses(target),
})

export const backups_folder = '/var/lib/fermata/backups'

/** What every container is told alike. */
export const shared_settings = {
  HOST: '0.0.0.0',
  // Nothing is kept there; what must be kept is in databases, and backups have a folder.
  FERMATA_DATA: '/tmp/fermata',
  // The front door alone reaches the containers, and it says whose request it hands on.
  TRUST_PROXY: 'uniquelocal',
  DRAIN_MS: '4000',
}

/** Where services find each other. The pages ask the front door instead. */
export const serviceAddresses = (asking?: Target): Record<string, string> =>
  asking === 'web' ? {} : Object.fromEntries(targets.filter(isService)
    .filter(other => other !== asking)
    .map(other => [addressVariable(other), `http://${hostOf(other)}:${portOf(other)}`]))
