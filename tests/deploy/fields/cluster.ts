import { Type } from 'typebox'
import { closed, named, text, whole, yes_or_no } from './closed.ts'

/**
 * Fields of what stands beside Kubernetes' own objects, in our words: the `Cluster` of
 * CloudNativePG, compared by hand with `postgresql.cnpg.io_clusters.yaml` of its repository (1.26);
 * the values of the chart `nats`, 1.x; the values of the chart `prometheus-adapter` and its rules;
 * objects of the Prometheus Operator.
 */

const quantity = Type.String({ pattern: '^\\d+(m|Mi|Gi)?$' })
const Metadata = closed({ name: text, namespace: text, labels: named(text) }, ['name'])

export const DatabaseCluster = closed({
  apiVersion: Type.Literal('postgresql.cnpg.io/v1'), kind: Type.Literal('Cluster'),
  metadata: Metadata,
  spec: closed({
    instances: Type.Integer({ minimum: 1 }), imageName: text,
    storage: closed({ size: quantity, storageClass: text, resizeInUseVolumes: yes_or_no }),
    bootstrap: closed({ initdb: closed({ database: text, owner: text, encoding: text,
      localeCollate: text, localeCType: text, dataChecksums: yes_or_no }) }),
    postgresql: closed({
      // Texts only: a number here is refused.
      parameters: named(text), pg_hba: Type.Array(text),
      synchronous: closed({ method: Type.Enum(['any', 'first']),
        number: Type.Integer({ minimum: 1 }), maxStandbyNamesFromCluster: whole,
        dataDurability: Type.Enum(['required', 'preferred']) }, ['method', 'number']),
    }),
    resources: closed({ requests: named(quantity), limits: named(quantity) }),
    affinity: closed({ enablePodAntiAffinity: yes_or_no, topologyKey: text,
      podAntiAffinityType: Type.Enum(['preferred', 'required']) }),
  }, ['instances']),
}, ['apiVersion', 'kind', 'metadata', 'spec'])

/** Written into the server's configuration as it is. */
const unquoted = Type.String({ pattern: '^<< .+ >>$' })

export const NatsValues = closed({
  config: closed({
    cluster: closed({ enabled: yes_or_no, replicas: whole, port: whole }),
    jetstream: closed({ enabled: yes_or_no, fileStore: closed({ enabled: yes_or_no, dir: text,
      pvc: closed({ enabled: yes_or_no, size: quantity, storageClassName: text }) }) }),
    merge: closed({ max_payload: unquoted, max_pending: unquoted,
      authorization: closed({ user: text, password: unquoted }) }),
  }),
  container: closed({ env: named(closed({ valueFrom:
    closed({ secretKeyRef: closed({ name: text, key: text }, ['name', 'key']) }) })) }),
  natsBox: closed({ enabled: yes_or_no }),
  podTemplate: closed({ topologySpreadConstraints: named(closed({ maxSkew: whole,
    whenUnsatisfiable: Type.Enum(['ScheduleAnyway', 'DoNotSchedule']) })) }),
})

const Rule = closed({
  seriesQuery: text, seriesFilters: Type.Array(closed({ is: text, isNot: text })),
  resources: closed({ overrides: named(closed({ resource: text, group: text })), template: text,
    namespaced: yes_or_no }),
  name: closed({ as: text, matches: text }), metricsQuery: text,
}, ['seriesQuery', 'metricsQuery'])

export const AdapterValues = closed({
  rules: closed({ default: yes_or_no, custom: Type.Array(Rule), external: Type.Array(Rule) }),
})

/** `PodMonitor` and `PrometheusRule`. */
const PodMonitor = closed({
  apiVersion: Type.Literal('monitoring.coreos.com/v1'), kind: Type.Literal('PodMonitor'),
  metadata: Metadata,
  spec: closed({
    selector: closed({ matchLabels: named(text) }),
    podMetricsEndpoints: Type.Array(closed({ port: text, path: text, interval: text,
      scrapeTimeout: text, authorization: closed({ type: text,
        credentials: closed({ name: text, key: text }, ['key']) }) })),
  }, ['selector', 'podMetricsEndpoints']),
}, ['apiVersion', 'kind', 'metadata', 'spec'])

const PrometheusRule = closed({
  apiVersion: Type.Literal('monitoring.coreos.com/v1'), kind: Type.Literal('PrometheusRule'),
  metadata: Metadata,
  spec: closed({ groups: Type.Array(closed({ name: text, interval: text,
    rules: Type.Array(closed({ alert: text, expr: text, for: text, labels: named(text),
      annotations: named(text) }, ['alert', 'expr'])) }, ['name', 'rules'])) }, ['groups']),
}, ['apiVersion', 'kind', 'metadata', 'spec'])

export const Monitoring = Type.Union([PodMonitor, PrometheusRule])
