import type {
  IHorizontalPodAutoscaler,
} from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { hostOf, type Target } from '../front-door.ts'
import { part_label, sizeOf, type Installation } from './installation.ts'
import { collector_metric, outbox_metric } from './monitoring.ts'

/** Events that wait to leave a service, of which one more pod is worth having. */
const waiting_per_pod = '500'
const busy_percent = 65
/** Requests in one process of orders: a twentieth of a second of work, at 10,000 holds a second. */
const requests_per_pod = '500'

type Metric = NonNullable<NonNullable<IHorizontalPodAutoscaler['spec']>['metrics']>[number]

/** What waits in a target: its events, and for the box office the buyers themselves. */
const waitingIn = (target: Target): Metric[] => target === 'web' ? [] : [
  { type: 'External', external: {
    metric: { name: outbox_metric, selector: { matchLabels: { service: target } } },
    target: { type: 'AverageValue', averageValue: waiting_per_pod } } },
  ...(target === 'orders' ? [{ type: 'Pods' as const, pods: {
    metric: { name: collector_metric },
    target: { type: 'AverageValue', averageValue: requests_per_pod } } }] : []),
]

/**
 * More pods when processors are busy or something waits. The second needs a metrics adapter with
 * `values/prometheus-adapter.yaml`; without one the first still works.
 */
export function autoscalerOf (
  target: Target, installation: Installation
): IHorizontalPodAutoscaler | null {
  const { replicas, max_replicas } = sizeOf(installation).share(target)
  if (max_replicas <= replicas || target === 'backups') return null
  const name = hostOf(target)
  return {
    apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: installation.namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: replicas, maxReplicas: max_replicas,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu',
          target: { type: 'Utilization', averageUtilization: busy_percent } } },
        ...waitingIn(target),
      ],
      behavior: {
        // A rush doubles within seconds; when it is over there is no hurry.
        scaleUp: { stabilizationWindowSeconds: 0,
          policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
        scaleDown: { stabilizationWindowSeconds: 600,
          policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      },
    },
  }
}

/** Maintenance of nodes takes one pod of a kind at a time. */
export const budgetOf = (component: string, { namespace }: Installation): IPodDisruptionBudget => ({
  apiVersion: 'policy/v1', kind: 'PodDisruptionBudget',
  metadata: { name: component, namespace },
  spec: { maxUnavailable: 1, selector: { matchLabels: { [part_label]: component } } },
})
