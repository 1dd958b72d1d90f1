import { hostOf, portOf, targets, type Target } from './front-door.ts'
import { renderNginx } from './nginx.ts'

/** Every file of `deploy/` that is rendered and committed, so that it can be read and used as it is. */
export interface RenderedFile { path: string, text: string }

const everyTarget = <T>(value: (target: Target) => T) =>
  Object.fromEntries(targets.map(target => [target, value(target)])) as Record<Target, T>

export function renderedFiles (): RenderedFile[] {
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
