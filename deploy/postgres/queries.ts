import { serviceNames } from '@fermata/contracts/services'
import { development_secret } from '../compose.ts'

/** One database and role for each service, with rights nowhere else. For development only. */
export const developmentDatabases = () => [
  '-- Written by `npm run deploy:render`; do not edit.',
  ...serviceNames.flatMap(name => [
    `create role ${name} login password '${development_secret}database';`,
    `create database ${name} owner ${name};`,
    `revoke all on database ${name} from public;`,
  ]), '',
].join('\n')
