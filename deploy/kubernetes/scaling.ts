import type {
  IHorizontalPodAutoscaler,
} from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { hostOf, type Target } from '../front-door.ts'
import { part_label, sizeOf, type Installation } from './installation.ts'

/** Events that wait to leave a service, of which one more pod is worth having. */
const waiting_per_pod = '500'
const busy_percent = 65

/**
 * More pods when processors are busy or events wait. The second needs a metrics adapter, see
 * prometheus-adapter-values.yaml; without one the first still works.
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
        ...(target === 'web' ? [] : [{ type: 'External' as const, external: {
          metric: { name: 'fermata_outbox_waiting',
            selector: { matchLabels: { service: target } } },
          target: { type: 'AverageValue', averageValue: waiting_per_pod } } }]),
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
