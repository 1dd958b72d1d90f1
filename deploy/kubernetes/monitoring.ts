import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor'
import type { IPrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { kind_label, secret_name, type Installation } from './installation.ts'

/** What Prometheus and its adapter are told; an installation may do without both. */

/** Events that wait to leave a service: every pod of it counts the same table. */
export const outbox_metric = 'fermata_outbox_waiting'
/** Requests that wait within one process for the next batch of the box office. */
export const collector_metric = 'fermata_collector_waiting'

/**
 * For the Prometheus Operator. By pods and not by Services, whose name would take the place of our
 * label `service`.
 */
export const podMonitorOf = ({ namespace }: Installation): IPodMonitor => ({
  apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor',
  metadata: { name: 'fermata', namespace },
  spec: {
    selector: { matchLabels: { [kind_label]: 'service' } },
    podMetricsEndpoints: [{
      port: 'http', path: '/metrics', interval: '15s',
      authorization: { type: 'Bearer', credentials: { name: secret_name, key: 'metrics_token' } },
    }],
  },
})

/** What somebody must look at, with the first step in docs/operate/deploy.md. */
export const alerts: [name: string, expression: string, lasting: string, summary: string][] = [
  ['FermataDown', 'up{pod=~".+-service-.+"} == 0', '2m', 'a pod of a service does not answer'],
  ['FermataErrors',
    'sum by (service) (rate(fermata_http_request_duration_seconds_count{status=~"5..",status!="503"}[5m])) > 0.1',
    '5m', 'a service fails: its log names the error'],
  ['FermataRefuses',
    'sum by (service) (rate(fermata_http_request_duration_seconds_count{status="503"}[5m])) > 10',
    '5m', 'a service refuses under load, or what it asks is away'],
  ['FermataSlow',
    'histogram_quantile(0.99, sum by (service, le) (rate(fermata_http_request_duration_seconds_bucket[5m]))) > 1',
    '10m', 'one request in a hundred takes longer than a second'],
  ['FermataEventsWait', `max by (service) (${outbox_metric}) > 5000`, '10m',
    'events do not leave a service: look at NATS'],
  ['FermataEventsGivenUp', 'max by (service) (fermata_dead_letters) > 0', '1m',
    'an event was given up: its effect is missing'],
  ['FermataMailsLate', 'max(fermata_mail_oldest_seconds) > 900', '5m',
    'mails wait for a quarter of an hour: the mail server is away or refuses'],
  ['FermataMailsFail', 'max(fermata_mails_failing) > 20', '10m', 'many mails fail'],
  ['FermataPaymentsUndecided', 'max(fermata_payments_undecided) > 0', '5m',
    'nobody knows what became of a payment: the provider does not say'],
  ['FermataBackupOld', 'max(fermata_backup_age_seconds) > 129600', '10m',
    'no backup was completed for a day and a half'],
  ['FermataLogLinesLost', 'increase(fermata_log_lines_dropped_total[5m]) > 0', '1m',
    'log lines cannot be written: a disk is full, or nobody reads them'],
  ['FermataDisagrees', 'max by (kind) (fermata_mismatches) > 0', '1m',
    'what the services hold does not agree: npm run verify says where'],
  ['FermataNotCompared', 'max(fermata_reconciliation_age_seconds) > 129600', '10m',
    'nobody has compared what the services hold for a day and a half'],
  ['FermataLoopBusy', 'max by (pod) (fermata_nodejs_eventloop_lag_p99_seconds) > 0.3', '5m',
    'a process has more to do than one core can'],
]

/** For the Prometheus Operator. */
export const alertsOf = ({ namespace }: Installation): IPrometheusRule => ({
  apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule',
  metadata: { name: 'fermata', namespace },
  spec: { groups: [{ name: 'fermata', rules: alerts.map(([alert, expr, lasting, summary]) => ({
    alert, expr: inNamespace(expr, namespace), for: lasting, annotations: { summary } })) }] },
})

/** Another installation of the cluster has alerts of its own. */
const inNamespace = (expression: string, namespace: string) => expression
  .replace(/\b(up|fermata_\w+)(?:\{([^}]*)\})?/g, (_, name: string, labels?: string) =>
    `${name}{namespace="${namespace}"${labels ? `,${labels}` : ''}}`)

/** Values for the chart prometheus-adapter: what waits, for the autoscalers to read. */
export const adapterValues = () => ({
  rules: {
    default: false,
    external: [{
      seriesQuery: `${outbox_metric}{service!=""}`,
      resources: { overrides: { namespace: { resource: 'namespace' } } },
      name: { as: outbox_metric },
      // Every pod of a service counts the same table, so the largest is the number.
      metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>}) by (service)',
    }],
    custom: [{
      seriesQuery: `${collector_metric}{namespace!="",pod!="",service="orders"}`,
      resources: { overrides: { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } } },
      name: { as: collector_metric },
      // It is looked at every 15 seconds, and a rush may fall between two looks.
      metricsQuery: 'sum(max_over_time(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)',
    }],
  },
})
