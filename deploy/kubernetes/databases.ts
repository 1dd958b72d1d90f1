import type { ServiceName } from '@fermata/contracts/services'
import type { ICluster } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster'
import { images } from '../compose.ts'
import { databaseName, secret_name, sizeOf, type Installation } from './installation.ts'

/**
 * A server for each service. The operator makes the account and keeps its address in a secret
 * `<name>-app`, where the service's pods read it.
 */
export function databaseOf (service: ServiceName, installation: Installation): ICluster {
  const { instances, storage, cpu, memory } = sizeOf(installation).database(service)
  return {
    apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster',
    metadata: { name: databaseName(service), namespace: installation.namespace },
    spec: {
      instances, imageName: images.database_cluster, storage: { size: storage },
      bootstrap: { initdb: { database: service, owner: service } },
      // The owner migrates and makes the lesser roles that serve; it may make no other kind.
      managed: { roles: [{ name: service, ensure: 'present', login: true, createrole: true,
        passwordSecret: { name: `${databaseName(service)}-app` } }] },
      postgresql: {
        parameters: { max_connections: '300', synchronous_commit: 'on' },
        // What was acknowledged is on two machines, or waits until it is.
        ...(instances > 1 && { synchronous:
          { method: 'any', number: 1, dataDurability: instances > 2 ? 'required' : 'preferred' } }),
      },
      resources: { requests: { cpu, memory }, limits: { memory } },
      affinity: { enablePodAntiAffinity: true, topologyKey: 'kubernetes.io/hostname' },
    },
  }
}

/** Values for the chart `nats` of https://nats-io.github.io/k8s/helm/charts/. */
export function natsValues (installation: Installation) {
  const { replicas, storage } = sizeOf(installation).nats
  return {
    config: {
      cluster: { enabled: replicas > 1, ...(replicas > 1 && { replicas }) },
      jetstream: { enabled: true,
        fileStore: { enabled: true, pvc: { enabled: true, size: storage } } },
      // The chart writes what is between << and >> without quotes, so the server reads it itself.
      merge: { max_payload: '<< 8MB >>', max_pending: '<< 64MB >>',
        authorization: { user: 'fermata', password: '<< $NATS_PASSWORD >>' } },
    },
    container: { env: { NATS_PASSWORD:
      { valueFrom: { secretKeyRef: { name: secret_name, key: 'nats_password' } } } } },
    natsBox: { enabled: false },
    podTemplate: { topologySpreadConstraints: {
      'kubernetes.io/hostname': { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' } } },
  }
}

