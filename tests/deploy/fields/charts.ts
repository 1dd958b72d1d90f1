import { Type } from 'typebox'
import { closed, named, text, whole, yes_or_no } from './closed.ts'

/**
 * Values of charts, in our words: of the chart `nats`, 1.x, and of `prometheus-adapter` with its
 * rules, compared by hand with their templates. They have no schema that could be asked.
 */

const quantity = Type.String({ pattern: '^\\d+(m|Mi|Gi)?$' })

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
