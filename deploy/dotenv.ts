import { composeDevelopment, composeProduction, type ComposeFile } from './compose.ts'

/** What Compose does with a line of `.env`: the files themselves say it. */
export interface ReadByCompose {
  development: boolean
  production: boolean
  /** The secret that production's containers get instead, by its file. */
  secret_file: string | null
}

const valuesIn = ({ services }: ComposeFile) =>
  Object.values(services).flatMap(({ environment = {}, image = '', ports = [] }) =>
    [...Object.values(environment), image, ...ports])

const asked = {
  development: valuesIn(composeDevelopment()).join('\n'),
  production: valuesIn(composeProduction()).join('\n'),
}
const secret_files = new Map(Object.values(composeProduction().services)
  .flatMap(({ environment = {} }) => Object.entries(environment))
  .filter(([name]) => name.endsWith('_FILE')))

export function readByCompose (name: string): ReadByCompose {
  const isIn = (text: string) => text.includes(`\${${name}:`)
  return {
    development: isIn(asked.development), production: isIn(asked.production),
    secret_file: secret_files.get(`${name}_FILE`)?.replace('/run/', '') ?? null,
  }
}

/** The words about it that stand at its line; null where every way of starting reads it. */
export function composeNote (name: string): string | null {
  const { development, production, secret_file } = readByCompose(name)
  if (development && production) return null
  if (secret_file !== null) return development
    ? `Compose reads this line in development; production reads the file ${secret_file}`
    : `Compose does not read this line; production reads the file ${secret_file}`
  if (development) return 'Compose reads this line in development alone'
  if (production) return 'Compose reads this line in production alone'
  return 'Compose does not read this line'
}
