import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import {
  mediaTypeOf, type AnyRoute, type ProblemDefinition, type Replies
} from '@fermata/contracts/define'
import {
  forbidden, invalid, keyReused, notFound, stepUpNeeded, tooMany, unauthenticated,
} from '@fermata/contracts/problems'
import { services, type ServiceName } from '@fermata/contracts/services'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { Type } from 'typebox'

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
    ...(route.access !== 'public' && { security: [{ bearer: [] }] }),
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

/** Problems leave as text, so these schemas document them and cut nothing off. */
function problems (route: AnyRoute): Record<string, unknown> {
  const all: ProblemDefinition[] = [...route.problems]
  if (route.body || route.query || route.params) all.push(invalid)
  if (route.access !== 'public') all.push(unauthenticated)
  if (['organizer', 'operator', 'admin'].includes(route.access)) all.push(forbidden)
  if (route.step_up) all.push(stepUpNeeded)
  if (route.params) all.push(notFound)
  if (route.idempotent) all.push(keyReused)
  if (route.rate_limit) all.push(tooMany)
  const byStatus = Object.groupBy(new Set(all), problem => String(problem.status))
  return Object.fromEntries(Object.entries(byStatus).map(([status, same]) => [status, {
    description: same!.map(problem => `${problem.title} (\`${problem.type}\`)`).join('; '),
    content: { 'application/problem+json': { schema: problemSchema(same!) } },
  }]))
}

const problemSchema = (same: ProblemDefinition[]) => Type.Object({
  type: Type.Enum(same.map(problem => problem.type)),
  title: Type.String(), status: Type.Integer(), detail: Type.Optional(Type.String()),
  ...Object.assign({}, ...same.map(problem => problem.extensions?.properties ?? {})),
})

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
        license: { name: 'Apache-2.0' }
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
  })
  await app.register(swaggerUi, {
    routePrefix: `/api/${service}/doc`,
    // It styles elements in place; scripts are its own files.
    staticCSP: "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
      + "img-src 'self' data:; frame-ancestors 'none'",
  })
}
