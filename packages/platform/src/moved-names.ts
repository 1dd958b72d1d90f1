import { movedNames, type Moved } from '@fermata/contracts/moved'
import { hasMoved } from '@fermata/contracts/problems'
import type { ServiceName } from '@fermata/contracts/services'
import type { FastifyInstance, FastifyReply, HTTPMethods } from 'fastify'
import { sendProblem } from './http-errors.ts'
import { Problem } from './problem.ts'

const any_method: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Names of older texts at which this service tells how the thing is called now. */
export function addMovedNames (app: FastifyInstance, service: ServiceName): void {
  for (const moved of movedNames.filter(one => one.service === service)) {
    const methods = moved.method ? [moved.method] : any_method
    for (const url of urlsOf(moved)) {
      const free = methods.filter(method => !app.hasRoute({ method, url }))
      if (free.length === 0) continue
      app.route({
        method: free, url, exposeHeadRoute: false, schema: { hide: true },
        handler: (_request, reply) => tell(moved, reply),
      })
    }
  }
}

/** `*` takes what follows a slash; the name alone is one too. */
function urlsOf ({ path }: Moved): string[] {
  const url = path.replace(/\{(\w+)\}/g, ':$1')
  return url.endsWith('/*') ? [url.slice(0, -2), url] : [url]
}

function tell ({ to, detail, is_page }: Moved, reply: FastifyReply): FastifyReply {
  if (is_page) return reply.redirect(to, 308)
  return sendProblem(reply, new Problem(hasMoved, detail, { extensions: { use: to } }))
}

/** Where the page that leads to all documents runs elsewhere, `/docs` leads to the one there is. */
export const leadToOwnDocument = (app: FastifyInstance, service: ServiceName) =>
  app.get('/docs', { schema: { hide: true } },
    (_request, reply) => reply.redirect(`/api/${service}/doc/`, 302))
