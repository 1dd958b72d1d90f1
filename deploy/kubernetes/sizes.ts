import type { Target } from '../front-door.ts'

/** How much of everything: the only thing in which small, medium and tour differ. */

export const sizeNames = ['small', 'medium', 'tour'] as const
export type SizeName = typeof sizeNames[number]

export interface Share { replicas: number, max_replicas: number, cpu: string, memory: string }

export interface Size {
  share: (target: Target) => Share
  database: (service: Target) => { instances: number, storage: string, cpu: string, memory: string }
  nats: { replicas: number, storage: string }
}

/** Whatever sells, and what a buyer looks at while it does. */
const busy = new Set<Target>(['orders', 'events', 'payments', 'tickets', 'web'])

export const sizes: Record<SizeName, Size> = {
  // One of each: a node that fails is an outage until its pods run elsewhere.
  small: {
    share: () => ({ replicas: 1, max_replicas: 1, cpu: '100m', memory: '256Mi' }),
    database: () => ({ instances: 1, storage: '5Gi', cpu: '100m', memory: '256Mi' }),
    nats: { replicas: 1, storage: '5Gi' },
  },
  // Two of each on different nodes, and two copies of every database: a node may fail.
  medium: {
    share: target => busy.has(target)
      ? { replicas: 2, max_replicas: 6, cpu: '500m', memory: '512Mi' }
      : { replicas: 2, max_replicas: 3, cpu: '200m', memory: '384Mi' },
    database: target => target === 'orders'
      ? { instances: 2, storage: '50Gi', cpu: '2', memory: '4Gi' }
      : { instances: 2, storage: '10Gi', cpu: '250m', memory: '512Mi' },
    nats: { replicas: 3, storage: '20Gi' },
  },
  tour: {
    share: target => busy.has(target)
      ? { replicas: 4, max_replicas: 24, cpu: '1', memory: '768Mi' }
      : { replicas: 2, max_replicas: 6, cpu: '500m', memory: '512Mi' },
    database: target => target === 'orders'
      ? { instances: 3, storage: '500Gi', cpu: '8', memory: '32Gi' }
      : { instances: 3, storage: '50Gi', cpu: '1', memory: '4Gi' },
    nats: { replicas: 3, storage: '100Gi' },
  },
}
