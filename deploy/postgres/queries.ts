import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { lesserName, lesserPassword, passwordMark } from '@fermata/platform/lesser-roles'
import { development_secret } from '../compose.ts'

const password = `${development_secret}database`

/** The role that serves, as the service would make it if its owner might. */
function lesserRole (service: ServiceName, part: ServiceName | 'jobs'): string[] {
  const name = lesserName(service, part)
  const own = lesserPassword(password, name)
  return [
    `create role ${name} login noinherit password '${own}';`,
    `comment on role ${name} is '${passwordMark(own)}';`,
  ]
}

/**
 * One database for each service, with a role that owns it and lesser ones that serve, all with
 * rights nowhere else. For development only.
 */
export const developmentDatabases = () => [
  '-- Written by `npm run deploy:render`; do not edit.',
  ...serviceNames.flatMap(name => [
    `create role ${name} login password '${password}';`,
    `create database ${name} owner ${name};`,
    `revoke all on database ${name} from public;`,
    ...lesserRole(name, name), ...lesserRole(name, 'jobs'),
  ]), '',
].join('\n')
