import { composeDebug, composeDevelopment, composeProduction, toCompose } from './compose.ts'
import { hostOf, portOf, targets, type Target } from './front-door.ts'
import { natsValues } from './kubernetes/databases.ts'
import { exampleInstallation } from './kubernetes/installation.ts'
import { manifestFiles, toYaml } from './kubernetes/manifests.ts'
import { adapterValues, alertsOf, podMonitorOf } from './kubernetes/monitoring.ts'
import { renderNginx } from './nginx.ts'
import { developmentDatabases } from './postgres/queries.ts'
import { renderTraefikAddresses, renderTraefikDynamic, renderTraefikStatic } from './traefik.ts'

/** Every file of `deploy/` that is rendered and committed, so that it can be read and used as it is. */
export interface RenderedFile { path: string, text: string }

const everyTarget = <T>(value: (target: Target) => T) =>
  Object.fromEntries(targets.map(target => [target, value(target)])) as Record<Target, T>

export const renderedFiles = (): RenderedFile[] => [
  ...nginxFiles(), ...traefikFiles(), ...composeFiles(), ...kubernetesFiles(),
]

function traefikFiles (): RenderedFile[] {
  const stages = ['development', 'production'] as const
  return [
    ...stages.flatMap(stage => [
      { path: `deploy/traefik/${stage}.yml`, text: renderTraefikStatic(stage) },
      { path: `deploy/traefik/${stage}-shared.yml`, text: renderTraefikDynamic(stage) },
    ]),
    {
      path: 'deploy/traefik/one-machine.yml',
      text: renderTraefikAddresses(everyTarget(target => [`http://127.0.0.1:${portOf(target)}`])),
    },
  ]
}

const yamlHeader = '# Written by `npm run deploy:render`; do not edit. docs/operate/deploy.md says how it is used.\n'

/** The example of one size; an installation renders its own by tools/render-kubernetes.ts. */
function kubernetesFiles (): RenderedFile[] {
  const folder = 'deploy/kubernetes'
  const example = { ...exampleInstallation, size: 'medium' } as const
  const values = {
    'nats-medium': [natsValues(example)],
    'prometheus-adapter': [adapterValues()],
    'monitoring': [podMonitorOf(example), alertsOf(example)],
  }
  return [
    ...manifestFiles(example).map(({ name, manifests }) =>
      ({ path: `${folder}/medium/${name}.yaml`, text: yamlHeader + toYaml(manifests) })),
    ...Object.entries(values).map(([name, documents]) =>
      ({ path: `${folder}/values/${name}.yaml`, text: yamlHeader + toYaml(documents) })),
  ]
}

function composeFiles (): RenderedFile[] {
  return [
    { path: 'compose.yml', text: toCompose(composeDevelopment()) },
    { path: 'compose.debug.yml', text: toCompose(composeDebug()) },
    { path: 'docker-compose.prod.yml', text: toCompose(composeProduction()) },
    { path: 'deploy/postgres/development.sql', text: developmentDatabases() },
  ]
}

function nginxFiles (): RenderedFile[] {
  return [
    {
      path: 'deploy/nginx/development.conf',
      text: renderNginx({
        listen: ['8080'], inside: ['8081'], server_name: 'localhost', development: true, run_folder: '/tmp',
        upstreams: { kind: 'names', resolver: '127.0.0.11',
          of: everyTarget(target => `${hostOf(target)}:${portOf(target)}`) },
        access_log: '/dev/stdout',
      }),
    },
    {
      path: 'deploy/nginx/production.conf',
      text: renderNginx({
        listen: ['80', '[::]:80'],
        tls: { listen: ['443', '[::]:443'],
          certificate: '/etc/fermata/tls/tls.crt', key: '/etc/fermata/tls/tls.key' },
        upstreams: { kind: 'addresses',
          of: everyTarget(target => [`127.0.0.1:${portOf(target)}`]) },
        inside: ['127.0.0.1:8080'],
        run_folder: '/run/fermata-nginx', access_log: '/var/log/nginx/fermata.log',
      }),
    },
    {
      path: 'deploy/nginx/one-process.conf',
      text: renderNginx({
        listen: ['80', '[::]:80'],
        tls: { listen: ['443', '[::]:443'],
          certificate: '/etc/fermata/tls/tls.crt', key: '/etc/fermata/tls/tls.key' },
        upstreams: { kind: 'one-process', addresses: ['127.0.0.1:8000'] },
        run_folder: '/run/fermata-nginx', access_log: '/var/log/nginx/fermata.log',
      }),
    },
  ]
}
