import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import type { IProbe } from 'kubernetes-models/v1/Probe'
import type { IService } from 'kubernetes-models/v1/Service'
import type { IVolume } from 'kubernetes-models/v1/Volume'
import { hostOf, portOf, type Target } from '../front-door.ts'
import { backups_folder, secretNames } from '../service-settings.ts'
import {
  databaseName, inside_name, inside_port, labelsOf, part_label, secret_name, settings_name, sizeOf,
  type Installation,
} from './installation.ts'

/** Each service and the pages: a Deployment and the Service that finds its pods. */

const node_account = 1000
const backups_claim = 'fermata-backups'

export const hardenedPod: Pick<IPodSpec, 'securityContext' | 'automountServiceAccountToken'> = {
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, runAsUser: node_account, runAsGroup: node_account,
    fsGroup: node_account, seccompProfile: { type: 'RuntimeDefault' } },
}
export const hardenedContainer: IContainer['securityContext'] = {
  allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] },
}

export const spread = (component: string): IPodSpec['topologySpreadConstraints'] => [{
  maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway',
  labelSelector: { matchLabels: { [part_label]: component } },
}]

const get = (path: string, port: number): Pick<IProbe, 'httpGet'> => ({ httpGet: { path, port } })

/** A start may migrate; a pod that is not ready gets nothing; one that does not answer is ended. */
function probesOf (target: Target): Pick<IContainer, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const port = portOf(target)
  const alive = target === 'web' ? '/robots.txt' : `/api/${target}/health`
  const ready = target === 'web' ? alive : `${alive}/ready`
  return {
    startupProbe: { ...get(alive, port), periodSeconds: 2, timeoutSeconds: 2,
      failureThreshold: 60 },
    readinessProbe: { ...get(ready, port), periodSeconds: 2, timeoutSeconds: 2,
      failureThreshold: 2 },
    livenessProbe: { ...get(alive, port), periodSeconds: 10, timeoutSeconds: 5,
      failureThreshold: 3 },
  }
}

const fileOf = (name: string) => name.toLowerCase()

/** Secrets are files in one folder: those of the installation, and the one its database made. */
function secretsVolume (target: Target): IVolume {
  const own = secretNames(target).filter(name => !name.startsWith('DATABASE_URL'))
  return { name: 'secrets', projected: { defaultMode: 0o440, sources: [
    { secret: { name: secret_name,
      items: own.map(name => ({ key: fileOf(name), path: fileOf(name) })) } },
    { secret: { name: `${databaseName(target)}-app`, items: [{ key: 'uri', path: 'database_url' }] } },
  ] } }
}

function environmentOf (target: Target): IContainer['env'] {
  return [
    { name: 'SERVICES', value: target },
    { name: 'PORT', value: String(portOf(target)) },
    ...(target === 'web' ? [{ name: 'API_URL', value: `http://${inside_name}:${inside_port}` }] : []),
    ...(target === 'backups' ? [{ name: 'BACKUP_DIR', value: backups_folder }] : []),
    ...secretNames(target).map(name => ({ name: `${name}_FILE`,
      value: `/run/secrets/fermata/${name.startsWith('DATABASE_URL') ? 'database_url' : fileOf(name)}` })),
  ]
}

function containerOf (target: Target, installation: Installation): IContainer {
  const { cpu, memory } = sizeOf(installation).share(target)
  return {
    name: 'fermata', image: installation.image,
    ports: [{ name: 'http', containerPort: portOf(target) }],
    envFrom: [{ configMapRef: { name: settings_name } }],
    env: environmentOf(target),
    resources: { requests: { cpu, memory }, limits: { memory } },
    ...probesOf(target),
    securityContext: hardenedContainer,
    volumeMounts: [
      { name: 'temporary', mountPath: '/tmp' },
      ...(target === 'web' ? [] : [{ name: 'secrets', mountPath: '/run/secrets/fermata', readOnly: true }]),
      ...(target === 'backups' ? [{ name: 'backups', mountPath: backups_folder }] : []),
    ],
  }
}

/**
 * A new pod is ready before an old one is asked to stop. That one reports so, serves on for
 * `DRAIN_MS` while the cluster takes it out of rotation, and finishes what it has begun.
 */
const rolling: NonNullable<IDeployment['spec']>['strategy'] =
  { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }

export function deploymentOf (target: Target, installation: Installation): IDeployment {
  const { namespace } = installation
  const component = hostOf(target)
  const labels = labelsOf(component, target === 'web' ? 'pages' : 'service')
  const { replicas, max_replicas } = sizeOf(installation).share(target)
  const single = target === 'backups'
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: component, namespace, labels },
    spec: {
      // Where an autoscaler decides, a number here would undo its decision at each apply.
      ...(single ? { replicas: 1 } : max_replicas > replicas ? {} : { replicas }),
      revisionHistoryLimit: 5,
      selector: { matchLabels: { [part_label]: component } },
      // Its folder is on a disk that one node holds at a time.
      strategy: single ? { type: 'Recreate' } : rolling,
      template: {
        metadata: { labels, annotations: { 'prometheus.io/scrape': String(target !== 'web'),
          'prometheus.io/port': String(portOf(target)), 'prometheus.io/path': '/metrics' } },
        spec: {
          ...hardenedPod, terminationGracePeriodSeconds: 20,
          topologySpreadConstraints: spread(component),
          containers: [containerOf(target, installation)],
          volumes: [
            { name: 'temporary', emptyDir: { sizeLimit: '64Mi' } },
            ...(target === 'web' ? [] : [secretsVolume(target)]),
            ...(single
              ? [{ name: 'backups', persistentVolumeClaim: { claimName: backups_claim } }]
              : []),
          ],
        },
      },
    },
  }
}

export function serviceOf (target: Target, { namespace }: Installation): IService {
  const component = hostOf(target)
  return {
    apiVersion: 'v1', kind: 'Service',
    metadata: { name: component, namespace,
      labels: labelsOf(component, target === 'web' ? 'pages' : 'service') },
    spec: { selector: { [part_label]: component },
      ports: [{ name: 'http', port: portOf(target), targetPort: 'http' }] },
  }
}

export const backupsClaim = ({ namespace, ...rest }: Installation): IPersistentVolumeClaim => ({
  apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: backups_claim, namespace },
  spec: { accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: sizeOf({ namespace, ...rest }).database('orders').storage } } },
})
