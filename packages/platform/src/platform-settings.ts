import { Type, type Static } from 'typebox'
import { areRanges } from './network.ts'
import { areOrigins, isOrigin } from './setting-shapes.ts'

const secret = (description: string) => Type.String({
  secret: true, pattern: '^[^,]{32,}(,[^,]{32,})*$',
  description: `${description}; 32 characters or more. While one replaces another both are here, `
    + 'separated by a comma: the first signs, all are believed' })

/** Of auth alone: whoever has it can be anybody. */
export const LoginSignature = Type.Object({
  JWT_EXTERNAL_SIGNATURE: secret('the secret from which the key for people’s tokens is derived'),
})

/** Of the services that make or check orders' tokens. */
export const OrderSignature = Type.Object({
  ORDER_SIGNATURE: secret('the secret that signs orders’ tokens and the places of the waiting '
    + 'room; absent where auth runs in the same process, it follows from JWT_EXTERNAL_SIGNATURE'),
})

/**
 * Settings every process has. The server fills in secrets and addresses that the one-process shape
 * makes itself.
 */
export const PlatformSettings = Type.Object({
  NODE_ENV: Type.Enum(['development', 'test', 'production'], {
    default: 'development', description: 'development, test or production',
    examples: ['production'] }),
  PUBLIC_URL: Type.Refine(Type.String({ pattern: '^https?://[^/]+$', default: 'http://localhost:8000',
    description: 'the address people type, without a path',
    examples: ['https://tickets.example.org'] }), isOrigin),
  JWT_INTERNAL_SIGNATURE: secret('the secret that signs tokens between services'),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
    default: 'info', description: 'fatal, error, warn, info, debug or trace', examples: ['warn'] }),
  FERMATA_LOG_DIR: Type.Optional(
    Type.String(
      {
        description: 'a folder that gets one log file for each service',
        examples: ['/var/log/fermata']
      }
    )
  ),
  LOG_FILE_MB: Type.Integer({ minimum: 1, maximum: 100_000, default: 100, examples: ['1000'],
    description: 'how large, in megabytes, a log file there may grow before it is renamed to '
      + '`<name>.log.1` and begun anew' }),
  FERMATA_DEMO: Type.Boolean(
    {
      default: false, description: 'true to create the demo events and accounts',
      examples: ['false']
    }
  ),
  CORS_ORIGINS: Type.Refine(Type.String({ default: '',
    description: 'origins that may call the API from a browser, separated by commas',
    examples: ['https://www.example.org'] }), areOrigins),
  TRUST_PROXY: Type.Refine(Type.String({ default: 'loopback',
    description: 'addresses or ranges of proxies whose forwarded headers are believed, separated ' +
      'by commas',
    examples: ['10.0.0.0/8'] }), areRanges),
  MAILBOX_READERS: Type.Refine(Type.String({ default: '',
    description: 'addresses or ranges that may read the development mailbox as this machine may, '
      + 'separated by commas: of containers whose ports are open to this machine alone',
    examples: ['172.16.0.0/12'] }), text => text === '' || areRanges(text)),
  RATE_LIMITS: Type.Enum(
    ['on', 'off'], { default: 'on', description: 'on, or off for load tests', examples: ['on'] }
  ),
  NATS_URL: Type.Optional(Type.String({ secret: true, pattern: '^(nats|tls)://',
    description: 'addresses of a NATS server with JetStream, separated by commas, which carries '
      + 'events between processes; absent, they stay within this one',
    examples: ['nats://fermata:secret@nats.example.org:4222'] })),
  NATS_REPLICAS: Type.Integer({ minimum: 1, maximum: 5, default: 1, examples: ['3'],
    description: 'how many servers of a NATS cluster keep each event, 1 to 5' }),
  DRAIN_MS: Type.Integer({ minimum: 0, maximum: 5000, default: 0, examples: ['3000'],
    description: 'milliseconds, at most 5000, to serve on while not ready before a stop' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(Type.String({ pattern: '^https?://',
    description: 'where traces are sent by OTLP over HTTP, without /v1/traces; absent, there are none',
    examples: ['http://otel-collector:4318'] })),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(Type.String({ secret: true, pattern: '^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$',
    description: 'headers that the collector of traces wants, name=value separated by commas',
    examples: ['authorization=Bearer%20secret'] })),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({ minimum: 0, maximum: 1, default: 1, examples: ['0.01'],
    description: 'which share of traces is kept, 0 to 1' }),
  METRICS_TOKEN: Type.Optional(Type.String({ secret: true, minLength: 16,
    description: 'the bearer token with which /metrics may be read from other machines' })),
})
export type PlatformSettings = Static<typeof PlatformSettings>
