import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { IHTTPIngressPath } from 'kubernetes-models/networking.k8s.io/v1/HTTPIngressPath'
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1/Ingress'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { IService } from 'kubernetes-models/v1/Service'
import { images } from '../compose.ts'
import {
  hostOf, metrics_path, portOf, publicPrefixes, targets, type Target,
} from '../front-door.ts'
import { renderNginx } from '../nginx.ts'
import {
  inside_name, inside_port, labelsOf, part_label, tls_secret_name, type Installation,
} from './installation.ts'
import { hardenedContainer, hardenedPod, spread } from './workloads.ts'

/** What visitors reach, and the door at which the pages ask for them. */

const pathTo = (path: string, target: Target, is_exact = false): IHTTPIngressPath => ({
  path, pathType: is_exact ? 'Exact' : 'Prefix',
  backend: { service: { name: hostOf(target), port: { name: 'http' } } },
})

/** The internal routes and the metrics are not named, so both end with the pages, which have none. */
export const ingressOf = ({ namespace, host, ingress }: Installation): IIngress => ({
  apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'fermata', namespace },
  spec: {
    ingressClassName: ingress.class_name,
    tls: [{ hosts: [host], secretName: tls_secret_name }],
    rules: [{ host, http: { paths: [
      ...publicPrefixes.filter(({ path }) => path !== metrics_path)
        .map(({ path, target, is_exact }) => pathTo(path, target, is_exact)),
      pathTo('/', 'web'),
    ] } }],
  },
})

const config_name = `${inside_name}-nginx`

/**
 * The pages ask every service on behalf of visitors, at one address. nginx asks for the names anew
 * every few seconds and keeps no connection, so it never talks to a pod that is on its way out.
 */
function insideConfig ({ namespace }: Installation): string {
  const of = Object.fromEntries(targets.map(target =>
    [target, `${hostOf(target)}.${namespace}.svc.cluster.local:${portOf(target)}`]))
  return renderNginx({
    // The outer door of this nginx stays within the pod: visitors come through the Ingress.
    listen: ['127.0.0.1:8080'], inside: [String(inside_port)], run_folder: '/tmp', limits: 'off',
    upstreams: { kind: 'names', resolver: 'kube-dns.kube-system.svc.cluster.local',
      of: of as Record<Target, string> },
  })
}

export const insideConfigMap = (installation: Installation): IConfigMap => ({
  apiVersion: 'v1', kind: 'ConfigMap',
  metadata: { name: config_name, namespace: installation.namespace },
  data: { 'nginx.conf': insideConfig(installation) },
})

export function insideDeployment ({ namespace, size }: Installation): IDeployment {
  const labels = labelsOf(inside_name, 'front-door')
  const port = inside_port
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: inside_name, namespace, labels },
    spec: {
      replicas: size === 'small' ? 1 : 2,
      selector: { matchLabels: { [part_label]: inside_name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels },
        spec: {
          ...hardenedPod, terminationGracePeriodSeconds: 20,
          topologySpreadConstraints: spread(inside_name),
          containers: [{
            name: 'nginx', image: images.nginx, ports: [{ name: 'http', containerPort: port }],
            // The image's own command says `daemon off` a second time, which nginx refuses.
            command: ['nginx', '-c', '/etc/nginx/nginx.conf'],
            resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '256Mi' } },
            readinessProbe: { tcpSocket: { port }, periodSeconds: 2 },
            livenessProbe: { tcpSocket: { port }, periodSeconds: 10 },
            // Pages still ask for a moment after the cluster was told; QUIT ends what was begun.
            lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 4; nginx -s quit; sleep 5'] } } },
            securityContext: hardenedContainer,
            volumeMounts: [
              { name: 'configuration', mountPath: '/etc/nginx/nginx.conf', subPath: 'nginx.conf',
                readOnly: true },
              { name: 'temporary', mountPath: '/tmp' },
            ],
          }],
          volumes: [
            { name: 'configuration', configMap: { name: config_name } },
            { name: 'temporary', emptyDir: { sizeLimit: '64Mi' } },
          ],
        },
      },
    },
  }
}

export const insideService = ({ namespace }: Installation): IService => ({
  apiVersion: 'v1', kind: 'Service',
  metadata: { name: inside_name, namespace, labels: labelsOf(inside_name, 'front-door') },
  spec: { selector: { [part_label]: inside_name },
    ports: [{ name: 'http', port: inside_port, targetPort: 'http' }] },
})
