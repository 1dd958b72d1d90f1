import type { ServiceName } from '@fermata/contracts/services'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { addressVariable, databaseVariable } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import { hostOf, portOf, targets, type Target } from './front-door.ts'

/** Which settings a target is given in containers, and which of them are secrets. */

const isService = (target: Target): target is ServiceName => target !== 'web'

/** Values that other people's eyes must not see: files, or references to a cluster's secrets. */
export function secretNames (target: Target): string[] {
  if (!isService(target)) return []
  return [
    'JWT_EXTERNAL_SIGNATURE', 'JWT_INTERNAL_SIGNATURE', 'METRICS_TOKEN', 'NATS_URL',
    databaseVariable(target),
    ...(target === 'tickets' ? ['TICKET_SIGNATURE'] : []),
    ...(target === 'notifications' ? ['MAIL_PASSWORD'] : []),
  ]
}

/** Settings whose values an operator may choose: those of every process and the target's own. */
export function openNames (target: Target): string[] {
  const own = isService(target) ? allServices[target].settings?.properties ?? {} : {}
  const fixed = new Set([...Object.keys(fixedSettings(target)), ...secretNames(target),
    'JWT_EXTERNAL_SIGNATURE', 'JWT_INTERNAL_SIGNATURE', 'METRICS_TOKEN', 'NATS_URL'])
  return [...new Set([...Object.keys(PlatformSettings.properties), ...Object.keys(own)])]
    .filter(name => !fixed.has(name) && !/UNGUARDED|FERMATA_DEMO|FERMATA_LOG_DIR/.test(name))
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

/** The same for every container. */
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
