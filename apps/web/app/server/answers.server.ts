import type { ProblemBody } from '@fermata/contracts/client'
import type { Role } from '@fermata/contracts/fields'
import type { Me } from '@fermata/contracts/auth'
import { data, redirect, type RouterContextProvider } from 'react-router'
import { pageUrl, sessionOf } from './session.server.ts'
import { stepUpPage } from './step-up.server.ts'

type Context = Readonly<RouterContextProvider>
type Refused = { ok: false, status: number, problem: ProblemBody }
type Known<B> = { ok: true, body: B } | Refused

/**
 * The body of an answer that a page cannot do without. Anything else ends the page: a refusal as
 * it is, 401 at the sign-in page, what needs a step-up at the page that asks for it, a failure as
 * "not available".
 */
export function bodyOf<B> (context: Context, answer: Known<B>): B {
  if (answer.ok) return answer.body
  throw refusal(context, answer)
}

export function refusal (
  context: Context, answer: Pick<Refused, 'status'> & Partial<Refused>
) {
  const step_up = stepUpPage(context, answer.problem)
  if (step_up) return step_up
  if (answer.status === 401) return redirect(signInPath(context))
  // An id that is none, or a cursor of another list: the address was wrong.
  if (answer.status === 400) return data(null, { status: 404 })
  // What is refused is not away; the page says that it cannot be.
  return data(null, { status: answer.status < 500 ? answer.status : 503 })
}

/** The body, or null: for what a page can do without. */
export const optional = <B>(answer: Promise<Known<B>>): Promise<B | null> =>
  answer.then(known => known.ok ? known.body : null, () => null)

/** Where an administrator sets up the second factor without which nothing else opens. */
const enroll_path = '/account/security'

/** The signed-in person; sends guests to sign in and others, whose role is too low, away. */
export function requirePerson (context: Context, ...roles: Role[]): Me {
  const { me, token } = context.get(sessionOf)
  if (!me && token) throw data(null, { status: 503 })
  if (!me) throw redirect(signInPath(context))
  if (me.must_enroll && context.get(pageUrl).pathname !== enroll_path) throw redirect(enroll_path)
  const may = roles.length === 0 || roles.some(role => me.roles.includes(role))
  if (!may) throw data(null, { status: 403 })
  return me
}

function signInPath (context: Context): string {
  const { pathname, search } = context.get(pageUrl)
  return `/sign-in?next=${encodeURIComponent(pathname + search)}`
}

/**
 * A path of this site from an address or form; anything else is the home page, so that no link
 * leads away unseen.
 */
export function safePath (text: string | null | undefined): string {
  return text && text.length <= 1000 && isOwnPath(text) ? text : '/'
}

const nowhere = 'http://nowhere.invalid'

/**
 * As a header can carry it, and ours however often somebody on the way decodes it: `/%2f` becomes
 * `//`, and what stands after that is another site.
 */
function isOwnPath (text: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(text)) return false
  let path = text
  for (let times = 0; times < 3; times++) {
    if (/^\/[/\\]/.test(path) || !/^[^\0-\x20\x7f\\]*$/.test(path)) return false
    const url = new URL(path, nowhere)
    if (url.origin !== nowhere || url.pathname.startsWith('//')) return false
    try {
      path = decodeURIComponent(url.pathname)
    } catch {
      return false
    }
  }
  return true
}
