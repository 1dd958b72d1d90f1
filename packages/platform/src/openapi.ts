import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import {
  mediaTypeOf, type AnyRoute, type ProblemDefinition, type Replies
} from '@fermata/contracts/define'
import {
  forbidden, invalid, keyReused, notFound, platformProblems, stepUpNeeded, tooMany,
  unauthenticated,
} from '@fermata/contracts/problems'
import { services, type ServiceName } from '@fermata/contracts/services'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { Type, type TSchema } from 'typebox'

const access_notes: Record<string, string> = {
  public: 'Anyone may call this.',
  user: 'Needs a signed-in person.',
  owner: 'Needs the signed-in owner, or the access token of the order.',
  organizer: 'Needs the role event_creator (for what is theirs) or admin.',
  operator: 'Needs the role operator or admin.',
  admin: 'Needs the role admin.',
}

/** A contract's route as Fastify and the API page understand it. */
export function openApiSchema (route: AnyRoute, operation: string): FastifySchema {
  return {
    ...(route.params && { params: route.params }),
    ...(route.query && { querystring: route.query }),
    ...(route.body && !route.raw_body && { body: route.body }),
    response: { ...successes(route), ...problems(route) },
    operationId: operation,
    summary: route.summary,
    description: [route.description, access_notes[route.access], stepUpNote(route)]
      .filter(Boolean).join('\n\n'),
    hide: route.access === 'internal',
    // None, said aloud: what says nothing is taken for an oversight.
    security: route.access === 'public' ? [] : [{ bearer: [] }],
  } as FastifySchema
}

function stepUpNote ({ step_up }: AnyRoute): string | false {
  return step_up !== undefined &&
    `${step_up === true ? 'Asks' : 'May ask'} for a proof of who you are from the last minutes: ` +
    'sign in, or POST /api/auth/confirm.'
}

function successes (route: AnyRoute): Record<string, unknown> {
  return Object.fromEntries(Object.entries(route.reply as Replies).map(([status, schema]) => {
    const media_type = mediaTypeOf(schema)
    const content = media_type ? { content: { [media_type]: { schema } } } : schema
    return [status, { description: route.summary, ...content }]
  }))
}

/** What each status of a failure may say: the route's own problems, and those of any route. */
export function problemsOf (route: AnyRoute): Map<number, ProblemDefinition[]> {
  const own: ProblemDefinition[] = [...route.problems]
  if (route.body || route.query || route.params) own.push(invalid)
  // Whoever may be nobody and says who they are has to be believed, too.
  own.push(unauthenticated)
  if (['organizer', 'operator', 'admin'].includes(route.access)) own.push(forbidden)
  if (route.step_up) own.push(stepUpNeeded)
  if (route.params) own.push(notFound)
  if (route.idempotent) own.push(keyReused)
  if (route.rate_limit) own.push(tooMany)
  const statuses = new Set(own.map(({ status }) => status))
  const all = new Set([...own, ...platformProblems.filter(({ status }) => statuses.has(status))])
  return Map.groupBy(all, ({ status }) => status)
}

/**
 * Problems leave as text, so these schemas document them and cut nothing off. What may go wrong
 * anywhere and is no part of what a route promises is under `default`.
 */
function problems (route: AnyRoute): Record<string, unknown> {
  const byStatus = problemsOf(route)
  const described = [...byStatus].map(([status, same]) => [String(status), {
    description: same.map(problem => `${problem.title} (\`${problem.type}\`)`).join('; '),
    content: { 'application/problem+json': { schema: problemSchema(same) } },
  }])
  return {
    ...Object.fromEntries(described) as object,
    default: {
      description: 'What may go wrong anywhere: see /problems',
      content: { 'application/problem+json': { schema: anyProblem } },
    },
  }
}

const anyProblem = Type.Object({
  type: Type.Enum(platformProblems.map(({ type }) => type)),
  title: Type.String(), status: Type.Integer(), detail: Type.Optional(Type.String()),
})

/** One of several problems, each with members of its own. */
export const problemSchema = (same: readonly ProblemDefinition[]): TSchema =>
  same.length === 1 ? one(same[0]!) : Type.Unsafe({ oneOf: same.map(one) })

const one = ({ type, status, extensions }: ProblemDefinition) => Type.Object({
  type: Type.Literal(type), title: Type.String(), status: Type.Literal(status),
  detail: Type.Optional(Type.String()), ...extensions?.properties,
})

interface Schema {
  properties?: { type?: { enum?: string[] } }, oneOf?: Schema[], $ref?: string
}
type Responses = Record<string, { content?: Record<string, { schema: Schema }> }>

interface Document {
  paths?: Record<string, Record<string, { tags?: string[], responses?: Responses }>>
  components?: { schemas?: Record<string, Schema> }
}

const operationsOf = ({ paths = {} }: Document) =>
  Object.values(paths).flatMap(path => Object.values(path))

/** Each problem stands in a document once, under a name of its own, and is pointed to. */
function nameProblems (document: Document): void {
  const named: Record<string, Schema> = {}
  const pointTo = (schema: Schema): Schema => {
    if (schema.oneOf) return { oneOf: schema.oneOf.map(pointTo) }
    const [type = '', another] = schema.properties?.type?.enum ?? []
    const name = another ? 'problem' : type.replace('/problems/', '').replaceAll('/', '.')
    named[name] = schema
    return { $ref: `#/components/schemas/${name}` }
  }
  for (const { responses = {} } of operationsOf(document)) {
    for (const { content } of Object.values(responses)) {
      const problem = content?.['application/problem+json']
      if (problem) problem.schema = pointTo(problem.schema)
    }
  }
  document.components = { ...document.components, schemas: named }
}

/**
 * Serves a service's OpenAPI 3.1 document and page below `/api/<service>/doc/`, without anything
 * from elsewhere.
 */
export async function addDocumentation (
  app: FastifyInstance, service: ServiceName, version: string
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: `Fermata: ${service}`, description: services[service].summary, version,
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      // Wherever the document was read from.
      servers: [{ url: '/' }],
      tags: [{ name: service, description: services[service].summary }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
    transformObject: documents => {
      if (!('openapiObject' in documents)) return documents.swaggerObject
      const document = documents.openapiObject as Document
      nameProblems(document)
      for (const operation of operationsOf(document)) operation.tags = [service]
      return documents.openapiObject
    },
  })
  await app.register(swaggerUi, {
    routePrefix: `/api/${service}/doc`,
    // It styles elements in place; scripts are its own files.
    staticCSP: "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
      + "img-src 'self' data:; frame-ancestors 'none'",
  })
}
