import { data, type MiddlewareFunction } from 'react-router'

/** What browsers send a form as. */
const form_types = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)(?:;|$)/i

/**
 * Runs before every action, so that none of them meets a body that is no form: JSON, plain text,
 * or parts whose boundary is missing or that end too soon. Nothing is done then, and the page says
 * so. What a form sends beyond its fields is no one's: each action reads the names it knows.
 */
export const formMiddleware: MiddlewareFunction<Response> = async ({ request }, next) => {
  if (request.method === 'POST') await refuseWhatIsNoForm(request)
  return next()
}

/** @throws 415 for what is no form, 400 for a form that cannot be read */
export async function refuseWhatIsNoForm (request: Request): Promise<void> {
  if (!form_types.test(request.headers.get('content-type') ?? '')) throw data(null, { status: 415 })
  // A body is read once, and the action is who does.
  await request.clone().formData().catch(() => { throw data(null, { status: 400 }) })
}
