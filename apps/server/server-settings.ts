import { services, serviceNames, type ServiceName } from '@fermata/contracts/services'
import { Type, type TObject } from 'typebox'

const perService = (field: (name: ServiceName) => [string, ReturnType<typeof Type.Optional>]) =>
  Object.fromEntries(serviceNames.map(field))

export const databaseVariable = (name: ServiceName) => `DATABASE_URL_${name.toUpperCase()}_SERVICE`
export const addressVariable = (name: ServiceName) => `${name.toUpperCase()}_SERVICE_URL`

const DatabaseUrl = (description: string) =>
  Type.Optional(
    Type.String({
      secret: true,
      pattern: '^postgres(ql)?://',
      description,
      examples: ['postgres://fermata:secret@db.example.org/fermata'],
    }),
  )

/** What the composition root needs to know before any service starts. */
export const ServerSettings = Type.Object({
  SERVICES: Type.String({
    default: 'all',
    pattern: '^[a-z]+(,[a-z]+)*$',
    examples: ['orders'],
    description: 'which services run here: all, or names separated by commas; web is the pages',
  }),
  HOST: Type.Optional(
    Type.String({
      examples: ['0.0.0.0'],
      description:
        'the address to listen on; by default this machine alone, in production every address',
    }),
  ),
  PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      examples: ['8000'],
      description: 'a port number; by default 8000, or the service’s own when one runs alone',
    }),
  ),
  PORT_BASE: Type.Optional(Type.Integer({
    minimum: 1024, maximum: 65_000, examples: ['18000'],
    description: 'for npm run start:split: the first of 300 ports, instead of the usual ones',
  })),
  DATABASE_URL: DatabaseUrl('the address of a PostgreSQL server; absent, Fermata brings its own'),
  FERMATA_DATA: Type.String({
    default: 'data',
    examples: ['/var/lib/fermata'],
    description: 'the folder for the database, secrets, logs and backups',
  }),
  FERMATA_DEMO: Type.Optional(
    Type.Boolean({
      examples: ['false'],
      description:
        'true or false; demo events and accounts, by default only on loopback and without production settings',
    }),
  ),
  FERMATA_SKIP_BUILD: Type.Optional(Type.Boolean({
    examples: ['true'],
    description: 'true to leave the building of the pages from npm ci to the first start',
  })),
  API_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/]+$',
      examples: ['http://gateway:8000'],
      description: 'where the pages reach the API when they run apart from it',
    }),
  ),
  ...perService(name => [databaseVariable(name), DatabaseUrl(`the database of ${name} alone`)]),
  ...perService(
    name => [
      addressVariable(name),
      Type.Optional(
        Type.String({
          pattern: '^https?://[^/]+(,https?://[^/]+)*$',
          description: `where ${name} is reached when it runs elsewhere, several of it separated `
            + `by commas; by default port ${services[name].port} of this machine`,
          examples: [`http://${name}-service:${services[name].port}`],
        }),
      ),
    ]
  ),
}) as unknown as TObject

export type ServerSettings = {
  SERVICES: string,
  HOST?: string,
  PORT?: number,
  PORT_BASE?: number,
  DATABASE_URL?: string,
  FERMATA_DATA: string,
  FERMATA_DEMO?: boolean,
  API_URL?: string,
} & Record<string, string | undefined>
