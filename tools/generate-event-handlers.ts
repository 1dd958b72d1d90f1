import { allServices } from '@fermata/server/services'
import { keepGenerated } from './generated.ts'

/**
 * Writes packages/contracts/src/event-handlers.ts from the services' subscriptions, or with
 * `--check` compares the file with them.
 */

const command = 'node tools/generate-event-handlers.ts'

function readHandlers (): Map<string, string[]> {
  const pairs = Object.values(allServices).flatMap(({ name, subscriptions = [] }) =>
    subscriptions.map(({ event, name: handler }) => ({ type: event.type, name: `${name}.${handler}` })))
  return new Map([...Map.groupBy(pairs, ({ type }) => type)].sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, handlers]) => [type, handlers.map(({ name }) => name).sort()]))
}

const lines = [...readHandlers()].flatMap(([type, handlers]) =>
  [`  '${type}': [`, ...handlers.map(name => `    '${name}',`), '  ],'])

keepGenerated('packages/contracts/src/event-handlers.ts', `/**
 * Who handles each event: a publisher in another process keeps it until all of these have confirmed
 * its effect. Written by \`${command}\` from the services'
 * subscriptions; do not edit.
 */
export const eventHandlers: Record<string, readonly string[]> = {
${lines.join('\n')}
}
`, command)
