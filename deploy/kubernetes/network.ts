import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { serviceNames } from '@fermata/contracts/services'
import { hostOf, portOf, targets, type Target } from '../front-door.ts'
import {
  databaseName, inside_name, inside_port, kind_label, part_label, type Installation,
} from './installation.ts'

/** Nobody talks to anybody, but for what is named here. */

type Spec = NonNullable<INetworkPolicy['spec']>
type Peer = NonNullable<NonNullable<NonNullable<Spec['ingress']>[number]['from']>[number]>

const tcp = (...ports: number[]) => ports.map(port => ({ protocol: 'TCP' as const, port }))
const numbers = serviceNames.map(portOf)
const service_ports =
  [{ protocol: 'TCP' as const, port: Math.min(...numbers), endPort: Math.max(...numbers) }]
const pods = (labels: Record<string, string>): Peer => ({ podSelector: { matchLabels: labels } })
const namespaceOf = (name: string): Peer =>
  ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } })
const services = pods({ [kind_label]: 'service' })
const nats = { 'app.kubernetes.io/name': 'nats' }
const operator_namespace = 'cnpg-system'

/** Mail and payments go to the world, never to addresses of the cluster or the house. */
const world: Peer = { ipBlock: { cidr: '0.0.0.0/0',
  except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'] } }
const outsidePorts: Partial<Record<Target, number[]>> = {
  notifications: [25, 465, 587, 443], payments: [443],
}

export function networkPolicies (installation: Installation): INetworkPolicy[] {
  const policy = (name: string, spec: Spec): INetworkPolicy => ({
    apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy',
    metadata: { name, namespace: installation.namespace }, spec,
  })
  const every = { podSelector: {} }
  return [
    policy('nobody', { ...every, policyTypes: ['Ingress', 'Egress'] }),
    policy('names', { ...every, policyTypes: ['Egress'], egress: [{
      // The second is where a node's own cache of names listens, where there is one.
      to: [namespaceOf('kube-system'), { ipBlock: { cidr: '169.254.20.10/32' } }],
      ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }] }] }),
    ...targets.map(target => policy(hostOf(target), targetSpec(target, installation))),
    policy(inside_name, {
      podSelector: { matchLabels: { [part_label]: inside_name } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [pods({ [kind_label]: 'pages' })], ports: tcp(inside_port) }],
      egress: [{ to: [services], ports: service_ports }],
    }),
    ...serviceNames.map(name => policy(databaseName(name), databaseSpec(name))),
    policy('nats', {
      podSelector: { matchLabels: nats }, policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [services], ports: tcp(4222) }, { from: [pods(nats)], ports: tcp(6222) }],
      egress: [{ to: [pods(nats)], ports: tcp(6222) }],
    }),
  ]
}

function targetSpec (target: Target, { ingress, monitoring_namespace }: Installation): Spec {
  const mine: Spec = { podSelector: { matchLabels: { [part_label]: hostOf(target) } },
    policyTypes: ['Ingress', 'Egress'] }
  const controller = namespaceOf(ingress.namespace)
  if (target === 'web') return {
    ...mine,
    ingress: [{ from: [controller], ports: tcp(portOf(target)) }],
    egress: [{ to: [pods({ [part_label]: inside_name })], ports: tcp(inside_port) }],
  }
  const outside = outsidePorts[target]
  return {
    ...mine,
    ingress: [{
      from: [controller, services, pods({ [part_label]: inside_name }),
        namespaceOf(monitoring_namespace)],
      ports: tcp(portOf(target)),
    }],
    egress: [
      { to: [services], ports: service_ports },
      { to: [pods({ 'cnpg.io/cluster': databaseName(target) })], ports: tcp(5432) },
      { to: [pods(nats)], ports: tcp(4222) },
      // A collector of traces is asked by OTLP over HTTP, where there is one.
      { to: [namespaceOf(monitoring_namespace)], ports: tcp(4318) },
      ...(outside ? [{ to: [world], ports: tcp(...outside) }] : []),
    ],
  }
}

/** Its own service alone asks a database; its copies and their operator keep it running. */
function databaseSpec (name: Target): Spec {
  const cluster = { 'cnpg.io/cluster': databaseName(name) }
  return {
    podSelector: { matchLabels: cluster }, policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [pods({ [part_label]: hostOf(name) })], ports: tcp(5432) },
      { from: [pods(cluster)], ports: tcp(5432, 8000) },
      { from: [namespaceOf(operator_namespace)], ports: tcp(5432, 8000) },
    ],
    egress: [
      { to: [pods(cluster)], ports: tcp(5432, 8000) },
      // Instances report to the cluster's own API, and send copies of the log to object storage.
      { ports: tcp(443, 6443) },
    ],
  }
}
