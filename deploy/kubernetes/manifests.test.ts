import { serviceNames } from '@fermata/contracts/services'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { ServerSettings } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import {
  Cluster, type ICluster,
} from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster'
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor'
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import {
  HorizontalPodAutoscaler, type IHorizontalPodAutoscaler,
} from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import { Ingress, type IIngress } from 'kubernetes-models/networking.k8s.io/v1/Ingress'
import { NetworkPolicy, type INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { ConfigMap, type IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Namespace } from 'kubernetes-models/v1/Namespace'
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import { Service, type IService } from 'kubernetes-models/v1/Service'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { hostOf, targets } from '../front-door.ts'
import { databaseOf } from './databases.ts'
import { exampleInstallation, part_label } from './installation.ts'
import { manifestFiles, toYaml, type Manifest } from './manifests.ts'
import { adapterValues, alertsOf, podMonitorOf } from './monitoring.ts'
import { renderInstallation } from './render-installation.ts'
import { sizeNames, type SizeName } from './sizes.ts'

const models: Record<string, new (data: never) => { validate: () => void }> = {
  Deployment, HorizontalPodAutoscaler, Ingress, NetworkPolicy, PodDisruptionBudget, ConfigMap,
  Namespace, PersistentVolumeClaim, Service, Cluster, PodMonitor, PrometheusRule,
}

const manifestsOf = (size: SizeName): Manifest[] =>
  manifestFiles({ ...exampleInstallation, size }).flatMap(({ manifests }) => manifests)
const ofKind = <M extends Manifest>(size: SizeName, kind: string) =>
  manifestsOf(size).filter(one => one.kind === kind) as M[]
const named = <M extends Manifest>(size: SizeName, kind: string, name: string): M => {
  const found = ofKind<M>(size, kind).find(one => one.metadata?.name === name)
  expect(found, `${kind} ${name}`).toBeDefined()
  return found!
}

test('manifests: each is valid by the schemas of Kubernetes and its operators, in every size', () => {
  for (const size of sizeNames) {
    const monitoring = [podMonitorOf, alertsOf].map(of => of({ ...exampleInstallation, size }))
    for (const manifest of [...manifestsOf(size), ...monitoring]) {
      const Model = models[manifest.kind]
      expect(Model, manifest.kind).toBeDefined()
      new Model!(manifest as never).validate()
    }
    expect(ofKind(size, 'Cluster').map(one => one.metadata?.name))
      .toEqual(serviceNames.map(name => `${name}-database`))
  }
})

test('manifests: a wrong field does not pass', () => {
  const spec = { selector: {}, template: {} }
  // @ts-expect-error A field that does not exist fails `npm run check`.
  const unknown_field: IDeployment = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { ...spec, replica: 2 } }
  expect(unknown_field).toBeDefined()
  // @ts-expect-error So does a value of another type, which the schemas refuse as well.
  const wrong_type: IDeployment = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { ...spec, replicas: '2' } }
  expect(() => new Deployment(wrong_type).validate()).toThrow(/replicas/)

  const { metadata } = databaseOf('orders', { ...exampleInstallation, size: 'small' })
  const of_operator = { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', metadata } as const
  // @ts-expect-error The same for what an operator reads.
  const image: ICluster = { ...of_operator, spec: { instances: 1, image: 'postgres:18' } }
  expect(image).toBeDefined()
  const parameters = { max_connections: 300 }
  // @ts-expect-error The operator takes texts only.
  const number: ICluster = { ...of_operator, spec: { instances: 1, postgresql: { parameters } } }
  expect(() => new Cluster(number).validate()).toThrow(/max_connections/)
})

test('manifests: every target has its pods, its name, its policy and its budget', () => {
  for (const size of sizeNames) {
    for (const target of targets) {
      const name = hostOf(target)
      const deployment = named<IDeployment>(size, 'Deployment', name)
      const labels = deployment.spec!.template.metadata!.labels!
      expect(labels).toMatchObject(deployment.spec!.selector.matchLabels!)
      expect(labels).toMatchObject(named<IService>(size, 'Service', name).spec!.selector!)
      expect(labels).toMatchObject(
        named<INetworkPolicy>(size, 'NetworkPolicy', name).spec!.podSelector!.matchLabels!)
      named(size, 'PodDisruptionBudget', name)
    }
  }
})

test('manifests: an update never takes a pod away before another is ready, and lets it finish', () => {
  for (const size of sizeNames) {
    for (const { metadata, spec } of ofKind<IDeployment>(size, 'Deployment')) {
      const name = metadata!.name!
      if (name !== 'backups-service')
        expect(spec!.strategy?.rollingUpdate, name).toEqual({ maxUnavailable: 0, maxSurge: 1 })
      const pod = spec!.template.spec!
      const [container] = pod.containers
      // Ten seconds are what the server takes at most, see apps/server/main.ts.
      expect(pod.terminationGracePeriodSeconds! * 1000, name).toBeGreaterThan(10_000)
      expect(container!.readinessProbe, name).toBeDefined()
      expect(container!.livenessProbe, name).toBeDefined()
    }
  }
})

test('manifests: a pod that stops serves on for longer than it takes to be noticed', () => {
  const { data } = named<IConfigMap>('medium', 'ConfigMap', 'fermata-settings')
  for (const { spec } of ofKind<IDeployment>('medium', 'Deployment')) {
    const { periodSeconds = 10 } = spec!.template.spec!.containers[0]!.readinessProbe!
    expect(Number(data!.DRAIN_MS)).toBeGreaterThan(periodSeconds * 1000)
  }
})

test('manifests: containers hold no rights and no secrets of their own', () => {
  for (const size of sizeNames) {
    expect(ofKind(size, 'Secret')).toEqual([])
    for (const { spec } of ofKind<IDeployment>(size, 'Deployment')) {
      const pod = spec!.template.spec!
      expect(pod.automountServiceAccountToken).toBe(false)
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true })
      for (const { securityContext, resources, env = [] } of pod.containers) {
        expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
        expect(resources?.limits?.memory).toBeTruthy()
        for (const { name } of env.filter(one => /SIGNATURE|PASSWORD|TOKEN|DATABASE_URL|NATS_URL/.test(one.name)))
          expect(name).toMatch(/_FILE$/)
      }
    }
  }
})

test('manifests: what they set are settings that exist', () => {
  const known = new Set([
    ...Object.keys(ServerSettings.properties), ...Object.keys(PlatformSettings.properties),
    ...Object.values(allServices).flatMap(one => Object.keys(one.settings?.properties ?? {})),
    // Read where events leave the process.
    'NATS_URL', 'NATS_REPLICAS',
  ])
  for (const { spec } of ofKind<IDeployment>('medium', 'Deployment'))
    for (const { name } of spec!.template.spec!.containers[0]!.env ?? [])
      expect(known).toContain(name.replace(/_FILE$/, ''))
  const { data } = named<IConfigMap>('medium', 'ConfigMap', 'fermata-settings')
  expect(Object.keys(data!).filter(name => !known.has(name))).toEqual([])
})

test('manifests: visitors reach no internal route and no metrics, and strangers reach no database', () => {
  const paths = named<IIngress>('medium', 'Ingress', 'fermata').spec!.rules![0]!.http!.paths
    .map(({ path }) => path)
  expect(paths).toContain('/api/orders')
  expect(paths.filter(path => /internal|metrics/.test(path!))).toEqual([])

  const nobody = named<INetworkPolicy>('medium', 'NetworkPolicy', 'nobody').spec!
  expect(nobody).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
  for (const name of serviceNames) {
    const { ingress } = named<INetworkPolicy>('medium', 'NetworkPolicy', `${name}-database`).spec!
    const callers = ingress!.flatMap(rule => rule.from ?? [])
      .flatMap(peer => peer.podSelector?.matchLabels?.[part_label] ?? [])
    expect(callers).toEqual([`${name}-service`])
  }
})

test('renderInstallation: it prints one installation, and refuses a setting that is a secret', () => {
  const usual = ['--size', 'small', '--host', 'tickets.hall.example', '--image', 'hall/fermata:1']
  const printed = renderInstallation([...usual, '--set', 'MAIL_HOSTNAME=smtp.hall.example'])
  expect(parseAllDocuments(printed).length).toBe(manifestsOf('small').length)
  expect(printed).toContain('https://tickets.hall.example')
  expect(printed).not.toContain('example.org')
  expect(renderInstallation([...usual, '--only', 'nats-values'])).toContain('jetstream')

  expect(() => renderInstallation([...usual, '--set', 'MAIL_PASSWORD=abc'])).toThrow('fermata-secrets')
  expect(() => renderInstallation([...usual, '--set', 'MAIL_HOST=abc'])).toThrow('is no setting')
  expect(() => renderInstallation(['--size', 'huge'])).toThrow('--size small|medium|tour')
})

test('toYaml: what is written reads back the same', () => {
  for (const size of sizeNames) {
    const manifests = manifestsOf(size)
    const read = parseAllDocuments(toYaml(manifests)).map(one => one.toJS() as unknown)
    expect(read).toEqual(manifests)
  }
})

test('autoscalers: what they ask for, the metrics adapter offers; orders also counts who waits', () => {
  const offered = ({ external, custom } = adapterValues().rules) =>
    ({ External: external.map(rule => rule.name.as), Pods: custom.map(rule => rule.name.as) })
  for (const { metadata, spec } of
    ofKind<IHorizontalPodAutoscaler>('tour', 'HorizontalPodAutoscaler')) {
    const { metrics = [] } = spec
    for (const { external } of metrics)
      if (external) expect(offered().External).toContain(external.metric.name)
    expect(metrics.flatMap(({ pods }) => pods?.metric.name ?? []), metadata!.name)
      .toEqual(metadata!.name === 'orders-service' ? offered().Pods : [])
  }
})
