import {
  body_limit_bytes, debugPattern, debugTargets, internal_prefix, live_path, metrics_path,
  publicPrefixes, targets, type Target,
} from './front-door.ts'
import { addOwnHeaders, errorPages, indent, ownHeaders } from './nginx-answers.ts'

/** Where the front door finds the others. */
export type Upstreams =
  /** Addresses `host:port` of every service and of the pages; several of one share its load. */
  | { kind: 'addresses', of: Record<Target, readonly string[]> }
  /** One process answers everything: addresses of it, usually one. */
  | { kind: 'one-process', addresses: readonly string[] }
  /** A name `host:port` for each, asked again every few seconds: containers come and go. */
  | { kind: 'names', of: Record<Target, string>, resolver: string }

export interface NginxOptions {
  /** As nginx writes them: `8080`, `127.0.0.1:8080`, `[::]:80`. */
  listen: readonly string[]
  upstreams: Upstreams
  /** Opens the shorthands of development, `/auth/…` for `/api/auth/…`. */
  development?: boolean
  server_name?: string
  /** Adds TLS on 443 and sends `listen` there. */
  tls?: { listen: readonly string[], certificate: string, key: string }
  /**
   * Where the pages ask, for themselves and for their visitors: a door that nobody outside
   * reaches, so its word about the visitor's address is believed.
   */
  inside?: readonly string[]
  /** A folder that nginx may write; its pid goes there, so it needs no root. */
  run_folder: string
  /** A path, `/dev/stdout` or `off`. */
  access_log?: string
  /** A path or `stderr`. */
  error_log?: string
  /** Ranges of proxies before this one, whose word about the visitor's address is believed. */
  trusted_proxies?: readonly string[]
  /** `off` for load tests from one machine, which would look like one visitor. */
  limits?: 'on' | 'off'
  /** `apps/web/build/client` when nginx can read it: files go out without asking the pages. */
  pages_folder?: string
  /** Path of `ngx_http_brotli_static_module.so` when it is installed. */
  brotli_static_module?: string
}

// A school of a thousand may sit behind one address, and each browser opens six connections: the
// limits are for floods. Limits that know who asks are the services' own.
const connections_per_address = 6000
const requests_per_second = 500
const burst_requests = 5000

/** How long an address that did not answer twice gets nobody. */
const left_out_s = 5
/** From then on everybody is let in again: nginx counts whole seconds. */
export const let_in_again_ms = (left_out_s + 1) * 1000

/**
 * A complete configuration of nginx 1.22 or later: it balances over every service's addresses,
 * leaves out those that do not answer, and is the only thing between a visitor and the service.
 */
export function renderNginx (options: NginxOptions): string {
  const lines = [
    ...mainContext(options), '',
    'http {',
    ...indent([
      ...logs(options), '',
      ...limits(options), '',
      ...forwarded(options), '',
      ...ownHeaders(options), '',
      ...upstreamGroups(options.upstreams), '',
      ...(options.tls ? [...redirectToTls(options), ''] : []),
      ...server(options), '',
      ...(options.inside ? insideServer(options, options.inside) : []),
    ]),
    '}', '',
  ]
  return lines.join('\n').replace(/\n{3,}/g, '\n\n')
}

function mainContext ({ run_folder, error_log = 'stderr', brotli_static_module }: NginxOptions) {
  return [
    '# Written by `npm run deploy:render` from the contracts; do not edit.',
    ...(brotli_static_module ? [`load_module ${brotli_static_module};`] : []),
    'daemon off;',
    'worker_processes auto;',
    'worker_rlimit_nofile 65536;',
    `pid ${run_folder}/nginx.pid;`,
    // Its lines about a request quote address and Referer, tokens of links included. What became of
    // a request stands in the log of requests.
    `error_log ${error_log} crit;`,
    'events { worker_connections 16384; }',
  ]
}

function logs ({ access_log = 'off', run_folder }: NginxOptions): string[] {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return [
    ...(access_log === 'off' ? ['access_log off;'] : [
      // Paths without their query: a query may carry a token or a name.
      'log_format requests escape=json',
      `  '{"time":"$time_iso8601","request_id":"$traced_as","method":"$request_method",'`,
      `  '"path":"$uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,'`,
      `  '"upstream":"$upstream_addr","upstream_seconds":"$upstream_response_time"}';`,
      `access_log ${access_log} requests;`,
    ]),
    ...temporary.map(kind => `${kind}_temp_path ${run_folder}/${kind};`),
    'server_tokens off;',
    'default_type application/octet-stream;',
    'sendfile on;',
    'tcp_nopush on;',
  ]
}

function limits ({ limits: wanted = 'on' }: NginxOptions): string[] {
  return [
    '# A client that dawdles over its request loses its connection, not a place of a service:',
    '# bodies are collected here and handed on when they are whole.',
    'client_header_timeout 10s;',
    'client_body_timeout 10s;',
    'send_timeout 30s;',
    'keepalive_timeout 65s;',
    'keepalive_requests 10000;',
    'reset_timedout_connection on;',
    'client_header_buffer_size 2k;',
    'large_client_header_buffers 4 16k;',
    `client_max_body_size ${body_limit_bytes / 1024}k;`,
    '# All in memory: nothing of a visitor is written to a disk here, which may be read-only.',
    `client_body_buffer_size ${body_limit_bytes / 1024}k;`,
    'proxy_max_temp_file_size 0;',
    ...(wanted === 'off' ? [] : [
      'limit_conn_zone $binary_remote_addr zone=connections:10m;',
      `limit_req_zone $binary_remote_addr zone=requests:10m rate=${requests_per_second}r/s;`,
      `limit_conn connections ${connections_per_address};`,
      `limit_req zone=requests burst=${burst_requests} nodelay;`,
      'limit_conn_status 429;',
      'limit_req_status 429;',
      'limit_conn_log_level warn;',
      'limit_req_log_level warn;',
    ]),
    '',
    'gzip on;',
    'gzip_vary on;',
    'gzip_proxied any;',
    'gzip_comp_level 4;',
    'gzip_min_length 1024;',
    'gzip_types application/json application/problem+json text/plain text/css text/javascript',
    '  application/javascript image/svg+xml;',
  ]
}

/** What a service is told of the visitor; what the visitor says of himself is not handed on. */
function forwarded ({ trusted_proxies = [] }: NginxOptions): string[] {
  const trusted = trusted_proxies.length > 0
  return [
    ...trusted_proxies.map(range => `set_real_ip_from ${range};`),
    ...(trusted ? ['real_ip_header X-Forwarded-For;', 'real_ip_recursive on;'] : []),
    'geo $realip_remote_addr $trusted_proxy {',
    '  default 0;',
    ...trusted_proxies.map(range => `  ${range} 1;`),
    '}',
    'map "$trusted_proxy$inside:$http_x_forwarded_proto" $visited_by {',
    '  default $scheme;',
    '  "~1.*:https$" https;',
    '  "~1.*:http$" http;',
    '}',
    '# Whoever came by another proxy is not on this machine, even where that proxy is.',
    'map "$inside:$http_x_forwarded_for$http_x_real_ip$http_forwarded$http_via" $forwarded_by {',
    '  default "for=unknown";',
    '  "0:" "";',
    '  "~^1:" $http_forwarded;',
    '}',
    'map $http_x_request_id $traced_as {',
    '  default $request_id;',
    String.raw`  "~^[\w-]{8,64}$" $http_x_request_id;`,
    '}',
    '# Only to WebSocket may a connection change; other upgrades would smuggle requests past us.',
    'map $http_upgrade $upgrade_to { default ""; "~*^websocket$" websocket; }',
    'map $http_upgrade $connection_to { default ""; "~*^websocket$" upgrade; }',
    'proxy_http_version 1.1;',
    ...Object.entries(forwardedHeaders).map(([name, value]) => `proxy_set_header ${name} ${value};`),
    'proxy_connect_timeout 2s;',
    'proxy_send_timeout 15s;',
    'proxy_read_timeout 35s;',
    'proxy_buffers 16 16k;',
    'proxy_buffer_size 16k;',
    '# Whatever did not reach a service is tried at another one. What may have reached it is, too,',
    '# when it changes nothing: nginx never repeats a POST or PATCH by itself. An answer of 503 is',
    '# not tried again: it is how a service refuses under rush, and its neighbours are as busy.',
    'proxy_next_upstream error timeout invalid_header http_502;',
    'proxy_next_upstream_tries 3;',
    'proxy_next_upstream_timeout 10s;',
  ]
}

const forwardedHeaders = {
  'Host': '$http_host',
  'X-Forwarded-For': '$remote_addr',
  'X-Forwarded-Host': '$http_host',
  'X-Forwarded-Proto': '$visited_by',
  'X-Real-IP': '$remote_addr',
  'X-Request-Id': '$traced_as',
  'Forwarded': '$forwarded_by',
  'Upgrade': '$upgrade_to',
  'Connection': '$connection_to',
}

function upstreamGroups (upstreams: Upstreams): string[] {
  if (upstreams.kind === 'names') return [
    `resolver ${upstreams.resolver} valid=5s ipv6=off;`,
    'resolver_timeout 3s;',
  ]
  const groups = upstreams.kind === 'one-process'
    ? [['fermata', upstreams.addresses] as const]
    : targets.map(target => [target, upstreams.of[target]] as const)
  return groups.flatMap(([name, addresses]) => [
    `upstream ${name} {`,
    // What one worker learns of an address counts for all of them.
    `  zone ${name} 64k;`,
    '  least_conn;',
    ...addresses.map(address => `  server ${address} max_fails=2 fail_timeout=${left_out_s}s;`),
    '  keepalive 64;',
    '  keepalive_requests 10000;',
    // Shorter than a service that stops serves on: what was not used meanwhile we have closed
    // ourselves, so it never closes a connection on which we are about to send a purchase.
    '  keepalive_timeout 2s;',
    '}',
  ])
}

function proxyTo (upstreams: Upstreams, target: Target): string {
  if (upstreams.kind === 'one-process') return 'proxy_pass http://fermata;'
  if (upstreams.kind === 'addresses') return `proxy_pass http://${target};`
  // A name in a variable is looked up while serving; a plain one only at the start.
  return `set $target http://${upstreams.of[target]}; proxy_pass $target;`
}

function redirectToTls ({ listen, server_name = '_' }: NginxOptions): string[] {
  return [
    'server {',
    ...listen.map(address => `  listen ${address} backlog=4096;`),
    `  server_name ${server_name};`,
    '  return 308 https://$host$request_uri;',
    '}',
  ]
}

function server (options: NginxOptions): string[] {
  const { listen, tls, server_name = '_', upstreams, development = false } = options
  return [
    'server {',
    ...indent([
      ...(tls
        ? [
            ...tls.listen.map(address => `listen ${address} ssl http2 backlog=4096;`),
            `ssl_certificate ${tls.certificate};`,
            `ssl_certificate_key ${tls.key};`,
            'ssl_protocols TLSv1.2 TLSv1.3;',
            'ssl_session_cache shared:tls:10m;',
            'ssl_session_timeout 1d;',
            'ssl_session_tickets off;',
          ]
        : listen.map(address => `listen ${address} backlog=4096;`)),
      `server_name ${server_name};`,
      'set $inside 0;', '',
      ...errorPages(options), '',
      ...apiLocations(upstreams),
      ...(development ? debugLocations(upstreams) : []), '',
      ...pages(options),
    ]),
    '}',
  ]
}

function insideServer (options: NginxOptions, listen: readonly string[]): string[] {
  return [
    '# For the pages, which ask on behalf of their visitors. Nobody outside may reach this door.',
    'server {',
    ...indent([
      ...listen.map(address => `listen ${address} backlog=4096;`),
      'server_name _;',
      'set $inside 1;',
      'set_real_ip_from 0.0.0.0/0;',
      'set_real_ip_from ::/0;',
      'real_ip_header X-Forwarded-For;',
      ...errorPages(options), '',
      ...apiLocations(options.upstreams),
      'location / { return 404; }',
    ]),
    '}',
  ]
}

function apiLocations (upstreams: Upstreams): string[] {
  return [
    `location = ${internal_prefix} { return 404; }`,
    `location ${internal_prefix}/ { return 404; }`,
    `location = ${metrics_path} {`,
    '  allow 127.0.0.1; allow ::1; deny all;',
    '  error_page 403 =404 @not_found;',
    `  ${proxyTo(upstreams, 'gateway')}`,
    '}',
    `location = ${live_path} {`,
    '  proxy_read_timeout 1h;',
    '  proxy_send_timeout 1h;',
    `  ${proxyTo(upstreams, 'notifications')}`,
    '}',
    ...publicPrefixes.flatMap(({ path, target, is_exact }) => path === metrics_path ? [] : [
      `location = ${path} { ${proxyTo(upstreams, target)} }`,
      ...is_exact ? [] : [`location ${path}/ { ${proxyTo(upstreams, target)} }`],
    ]),
  ]
}

function debugLocations (upstreams: Upstreams): string[] {
  return ['', '# Shorthands of development.', ...debugTargets.flatMap(target => [
    `location ~ ${debugPattern(target)} {`,
    `  ${proxyTo(upstreams, target)}`,
    '  rewrite ^/(.*)$ /api/$1 break;',
    '}',
  ])]
}

function pages (options: NginxOptions): string[] {
  const { upstreams, pages_folder, brotli_static_module } = options
  return [
    ...(pages_folder
      ? [
          'location /assets/ {',
          `  root ${pages_folder};`,
          '  gzip_static on;',
          // Of a file in parts, a wrong part would be answered with every header twice.
          '  max_ranges 0;',
          ...(brotli_static_module ? ['  brotli_static on;'] : []),
          '  types {',
          '    text/javascript js mjs; text/css css; image/svg+xml svg; image/webp webp;',
          '    image/png png; font/woff2 woff2; application/json json;',
          '  }',
          '  add_header cache-control "public, max-age=31536000, immutable";',
          ...indent(addOwnHeaders(options)),
          '}',
        ]
      : []),
    'location / {',
    '  error_page 500 502 503 504 =503 @unavailable_page;',
    '  error_page 413 =413 @too_large;',
    '  error_page 429 =429 @too_many;',
    `  ${proxyTo(upstreams, 'web')}`,
    '}',
  ]
}
