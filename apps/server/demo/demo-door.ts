import { createClient } from '@fermata/contracts/client'
import { login } from '@fermata/contracts/auth'
import type { ServiceName } from '@fermata/contracts/services'
import { serviceOf } from '@fermata/platform/call'
import type { DemoDoor } from './seed-demo.ts'

const demo_password = 'password'
const emails = {
  admin: 'admin@example.com', event_creator: 'eventcreator@example.com',
  operator: 'operator@example.com', user: 'user@example.com',
}

/**
 * The API as the demo's seeding reaches it from outside: straight to each service.
 * @param originOf where a service answers, as `http://host:port`
 */
export function demoDoor (originOf: (name: ServiceName) => string): DemoDoor {
  const clientFor: DemoDoor['clientFor'] = token => createClient({
    base_url: '', headers: token ? { authorization: `Bearer ${token}` } : {},
    fetch (path, init) {
      const name = serviceOf(path.split('?')[0]!)
      return fetch(`${originOf(name)}${path}`, init)
    },
  }).call
  return {
    clientFor,
    async signIn (role) {
      const answer = await clientFor()(
        login, { body: { email: emails[role], password: demo_password } })
      // Somebody has taken the account over: then this is no fresh demo.
      if (!answer.ok) return null
      return { account: answer.body.user, token: answer.body.access_token }
    },
  }
}
