import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import type { Environment } from '@fermata/platform/settings'
import { addressVariable, databaseVariable } from '../server-settings.ts'
import { secretHolders } from '../secrets.ts'
import { addressOf, type Instance, type Part } from './plan-split.ts'

/** What the parts of one start have in common. */
export interface Common {
  folder: string
  url: string
  demo: boolean
  instances: Instance[]
  environment: Environment
  databases: ReadonlyMap<ServiceName, string>
  /** Where the pages ask, when nginx stands in front. */
  inside_door: string | null
}

/** Decided here for every part, whatever the environment says. */
const decided = new Set([
  'SERVICES', 'PORT', 'HOST', 'DATABASE_URL', 'API_URL', 'NATS_URL', 'PORT_BASE',
  ...serviceNames.flatMap(name => [databaseVariable(name), addressVariable(name)]),
])

/** True for a secret that this part has no use for: what it was never given, nobody steals of it. */
function isAnothers (name: string, part: Part): boolean {
  const setting = name.replace(/_FILE$/, '')
  // The pages are visitors of the services, and no service.
  if (part === 'web') return setting in secretHolders || setting === 'JWT_INTERNAL_SIGNATURE'
  return secretHolders[setting]?.includes(part) === false
}

/**
 * The environment of one process: a service gets the address of its own database and the secrets
 * that it uses, and no others.
 */
export function partEnvironment (
  { part, host, port }: Instance, carrier_url: string, common: Common
): Record<string, string> {
  const { environment, instances, databases, folder, url, demo, inside_door } = common
  const given = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || decided.has(name) || isAnothers(name, part) ? []
      : [[name, value] as const])
  return {
    // In the demo backups come often, so that there is one to look at.
    ...(demo && { BACKUP_SCHEDULE: '*/10 * * * *' }),
    // Longer than nginx keeps a connection that it does not use.
    DRAIN_MS: '3000',
    ...Object.fromEntries(given),
    SERVICES: part, HOST: host, PORT: String(port),
    PUBLIC_URL: url, FERMATA_DATA: folder, FERMATA_DEMO: String(demo),
    // What it says on stdout becomes its log file.
    FERMATA_LOG_DIR: '', LOG_STDOUT_LEVEL: environment.LOG_LEVEL ?? 'info',
    ...Object.fromEntries(serviceNames.map(name =>
      [addressVariable(name), instances.filter(one => one.part === name)
        .map(one => `http://${addressOf(one)}`).join(',')])),
    ...part === 'web'
      ? inside_door ? { API_URL: `http://${inside_door}` } : {}
      : { [databaseVariable(part)]: databases.get(part)!, NATS_URL: carrier_url },
  }
}
