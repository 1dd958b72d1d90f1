import { PassThrough } from 'node:stream'
import { createReadableStreamFromReadable } from '@react-router/node'
import { isbot } from 'isbot'
import { renderToPipeableStream } from 'react-dom/server'
import {
  isRouteErrorResponse, ServerRouter, type EntryContext, type HandleErrorFunction,
  type RouterContextProvider,
} from 'react-router'
import { TranslatorProvider } from './i18n/translator.tsx'
import { translators } from './i18n/translators.server.ts'
import { visitorOf, webRequest } from './server/web-request.server.ts'

// For the HTTP server, which must use the same React Router as the build.
export { createRequestHandler } from 'react-router'
export { createLoadContext } from './server/web-request.server.ts'
export { awayPage, crowdedPage, foreignPage } from './server/crowded-page.server.ts'
export { firstWord, pageKindOf } from './server/page-kind.server.ts'

export const streamTimeout = 5_000

/** Renders a page; robots and browsers get the same, robots once all of it is there. */
export default function handleRequest (
  request: Request, status: number, headers: Headers, router: EntryContext,
  context: RouterContextProvider
): Promise<Response> | Response {
  headers.set('content-type', 'text/html; charset=utf-8')
  if (request.method === 'HEAD') return new Response(null, { status, headers })
  const { language } = context.get(visitorOf)
  const { nonce, log_error } = context.get(webRequest)
  headers.set('content-language', language)
  headers.append('vary', 'Accept-Language, Cookie')
  const agent = request.headers.get('user-agent')
  const ready = agent && isbot(agent) ? 'onAllReady' : 'onShellReady'

  return new Promise((resolve, reject) => {
    let is_sent = false
    const { pipe, abort } = renderToPipeableStream(
      <TranslatorProvider value={translators[language]}>
        <ServerRouter context={router} url={request.url} nonce={nonce} />
      </TranslatorProvider>,
      {
        nonce,
        [ready] () {
          is_sent = true
          const body = new PassThrough({ final (done) { clearTimeout(timer); done() } })
          pipe(body)
          resolve(new Response(createReadableStreamFromReadable(body), { status, headers }))
        },
        onShellError: reject,
        onError (error) {
          if (is_sent) log_error(error)
        },
      },
    )
    const timer = setTimeout(abort, streamTimeout + 1_000)
  })
}

/** What people may cause (a wrong address, a refusal, a closed tab) is no error of ours. */
export const handleError: HandleErrorFunction = (error, { request, context }) => {
  if (request.signal.aborted || isRouteErrorResponse(error)) return
  context.get(webRequest).log_error(error)
}
