import { parseArgs } from 'node:util'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { secretsOf } from '@fermata/platform/settings'
import { allServices } from '@fermata/server/services'
import { natsValues } from './databases.ts'
import { exampleInstallation, type Installation } from './installation.ts'
import { manifestFiles, toYaml } from './manifests.ts'
import { alertsOf, podMonitorOf } from './monitoring.ts'
import { sizeNames, type SizeName } from './sizes.ts'

const usage = `node tools/render-kubernetes.ts --size ${sizeNames.join('|')} --host <name> --image <image>
  [--set NAME=value]…             settings of docs/settings.md that are no secrets
  [--namespace fermata] [--ingress-class traefik] [--ingress-namespace traefik]
  [--monitoring-namespace monitoring]
  [--only 10-namespace]           one file of the manifests, nats-values or monitoring`

const schemas = [PlatformSettings, ...Object.values(allServices).flatMap(one => one.settings ?? [])]
const known = new Set(schemas.flatMap(schema => Object.keys(schema.properties)))
const secrets = new Set(schemas.flatMap(secretsOf))

/** @throws with a sentence when a setting is not one, or is a secret */
function readSetting (text: string): [string, string] {
  const [name = '', ...value] = text.split('=')
  if (!known.has(name)) throw new Error(`${name} is no setting: docs/settings.md lists all there are.`)
  if (name === 'PUBLIC_URL') throw new Error('PUBLIC_URL follows from --host.')
  if (secrets.has(name)) throw new Error(`${name} belongs into the secret fermata-secrets.`)
  return [name, value.join('=')]
}

function readInstallation (args: string[]): { installation: Installation, only?: string } {
  const { values } = parseArgs({ args, options: {
    'size': { type: 'string' }, 'host': { type: 'string' }, 'image': { type: 'string' },
    'set': { type: 'string', multiple: true, default: [] },
    'namespace': { type: 'string', default: exampleInstallation.namespace },
    'ingress-class': { type: 'string', default: exampleInstallation.ingress.class_name },
    'ingress-namespace': { type: 'string', default: exampleInstallation.ingress.namespace },
    'monitoring-namespace': { type: 'string', default: exampleInstallation.monitoring_namespace },
    'only': { type: 'string' },
  } })
  const { size, host, image } = values
  if (!sizeNames.includes(size as SizeName) || !host || !image) throw new Error(usage)
  return { only: values.only, installation: {
    size: size as SizeName, host, image, namespace: values.namespace,
    ingress: { class_name: values['ingress-class'], namespace: values['ingress-namespace'] },
    monitoring_namespace: values['monitoring-namespace'],
    settings: Object.fromEntries(values.set.map(readSetting)),
  } }
}

/**
 * The manifests that the command line asks for.
 * @throws with a sentence for whoever typed it
 */
export function renderInstallation (args: string[]): string {
  const { installation, only } = readInstallation(args)
  if (only === 'nats-values') return toYaml([natsValues(installation)])
  if (only === 'monitoring') return toYaml([podMonitorOf(installation), alertsOf(installation)])
  const files = manifestFiles(installation)
    .filter(({ name }) => only === undefined || name === only)
  if (files.length === 0) throw new Error(usage)
  return toYaml(files.flatMap(({ manifests }) => manifests))
}
