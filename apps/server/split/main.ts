import { readEnvironment } from '../env.ts'
import { demoMessage, explainFailure } from '../messages.ts'
import { stopOnSignals } from '../stop-on-signals.ts'
import { addressOf, parseScale } from './plan-split.ts'
import type { Split } from './start-split.ts'

/** `npm run start:split -- --scale orders=2`: the ten services as processes of this machine. */

async function main (): Promise<void> {
  const [flag, ...words] = process.argv.slice(2)
  if (flag !== undefined && flag !== '--scale') throw new Error(
    `start:split does not know "${flag}". It takes --scale, e.g. npm run start:split -- --scale orders=2 tickets=2`)
  const scale = parseScale(words)
  const environment = readEnvironment()
  const { buildWebWhenStale } = await import('../../../tools/build-web.ts')
  await buildWebWhenStale()
  const began = performance.now()
  console.log('\n  Starting the services, each as a process of its own …')
  const { startSplit } = await import('./start-split.ts')
  const port_base = environment.PORT_BASE ? Number(environment.PORT_BASE) : undefined
  const say = (line: string) => console.log(`  ${line}`)
  const starting = startSplit({ environment, scale, port_base, say })
  // Ctrl-C during the start waits until there is something whole to stop.
  stopOnSignals(async () => (await starting).stop(), 25_000, environment)
  const split = await starting
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`\n${table(split)}`)
  console.log(`\n  Fermata is ready at ${split.url} (in ${seconds} s)\n`)
  if (split.demo) console.log(demoMessage(split.url))
  for (const note of split.notes) say(note)
}

/** What runs where. */
function table ({ instances, processes }: Split): string {
  const ported = new Map(instances.map(one => [one.name, `http://${addressOf(one)}`]))
  return processes.map(({ name, pid, log_file }) => [
    '', name.padEnd(16), (ported.get(name) ?? '').padEnd(22), `pid ${pid()}`.padEnd(12), log_file,
  ].join('  ')).join('\n')
}

main().catch(explainFailure)
