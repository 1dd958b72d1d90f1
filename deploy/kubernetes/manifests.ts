import { serviceNames } from '@fermata/contracts/services'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { INamespace } from 'kubernetes-models/v1/Namespace'
import { stringify } from 'yaml'
import { hostOf, targets } from '../front-door.ts'
import { serviceAddresses, shared_settings } from '../service-settings.ts'
import { databaseOf } from './databases.ts'
import { ingressOf, insideConfigMap, insideDeployment, insideService } from './front.ts'
import { inside_name, settings_name, sizeOf, type Installation } from './installation.ts'
import { networkPolicies } from './network.ts'
import { autoscalerOf, budgetOf } from './scaling.ts'
import { backupsClaim, deploymentOf, serviceOf } from './workloads.ts'

/** Every manifest of an installation, in files whose names say the order in which they are read. */

export interface Manifest { apiVersion: string, kind: string, metadata?: { name?: string } }

export interface ManifestFile { name: string, manifests: readonly Manifest[] }

const namespaceOf = ({ namespace }: Installation): INamespace => ({
  apiVersion: 'v1', kind: 'Namespace',
  metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'baseline',
    'pod-security.kubernetes.io/warn': 'restricted' } },
})

/** What every container is told; what only one is told stands beside it. */
function settingsOf (installation: Installation): IConfigMap {
  const { namespace, host, settings } = installation
  return {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: settings_name, namespace },
    data: {
      NODE_ENV: 'production', PUBLIC_URL: `https://${host}`, ...shared_settings,
      NATS_REPLICAS: String(sizeOf(installation).nats.replicas), ...serviceAddresses(), ...settings,
    },
  }
}

export function manifestFiles (installation: Installation): ManifestFile[] {
  return [
    { name: '10-namespace', manifests: [namespaceOf(installation), settingsOf(installation)] },
    { name: '20-network', manifests: networkPolicies(installation) },
    { name: '30-databases', manifests: serviceNames.map(name => databaseOf(name, installation)) },
    { name: '40-services', manifests: [
      backupsClaim(installation),
      ...targets.flatMap(target =>
        [serviceOf(target, installation), deploymentOf(target, installation)]),
    ] },
    { name: '50-front-door', manifests: [insideConfigMap(installation), insideService(installation),
      insideDeployment(installation), ingressOf(installation)] },
    { name: '60-scaling', manifests: [
      ...[...targets.map(hostOf), inside_name].map(component => budgetOf(component, installation)),
      ...targets.flatMap(target => autoscalerOf(target, installation) ?? []),
    ] },
  ]
}

export const toYaml = (documents: readonly unknown[]) => documents
  .map(one => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')
