import { parseArgs } from 'node:util'
import { testServer } from '@fermata/testkit/postgres'
import { runSales, type SalesTold } from './run-sales.ts'
import { startSplitShop } from './split-shop.ts'
import { startTwoProcesses } from './two-processes.ts'

/**
 * `npm run races:database`: the product twice on one PostgreSQL of its own, for as many seeds as
 * asked. With `-- --split` services run apart, two of orders, and everybody comes by nginx.
 */

const { values } = parseArgs({ options: {
  seeds: { type: 'string', default: '40' }, first: { type: 'string', default: '1' },
  attempts: { type: 'string', default: '500' }, pause: { type: 'string', default: '8' },
  split: { type: 'boolean', default: false }, ports: { type: 'string', default: '18000' },
} })

const plain = new Intl.NumberFormat('en')

function report (told: SalesTold): void {
  const { control } = told
  console.log(`${told.seeds} seeds, ${plain.format(told.attempts)} attempts, ` +
    `${plain.format(told.acknowledged)} acknowledged, ${plain.format(told.replayed)} repeated and answered alike`)
  console.log('answers', told.answers)
  console.log(`control: oversold in ${control.oversold} of ${control.seeds} seeds, promo codes overspent in ` +
    `${control.overspent}, limits of a buyer passed in ${control.over_limit}, ` +
    `passes used too often in ${control.overused_passes} of ${control.rooms}`)
  if (told.failed.length === 0) console.log('Every sum agrees, after each sale and at each look meanwhile.')
  if (told.asked.length > 0) console.log(`orders asked of each process: ${told.asked.map(plain.format).join(', ')}`)
  for (const { seed, why } of told.failed) console.log(`FAILED seed ${seed}: ${why}`)
}

const began = performance.now()
const seconds = () => ((performance.now() - began) / 1000).toFixed(0)
const server = values.split ? null : await testServer()
try {
  const told = await runSales({
    startShop: options => server ? startTwoProcesses(server.url, options)
      : startSplitShop({ ...options, port_base: Number(values.ports) }),
    first_seed: Number(values.first), seeds: Number(values.seeds),
    attempts_per_seed: Number(values.attempts), pause_ms: Number(values.pause),
  }, ({ seeds, attempts, failed, control }) => console.log(`  ${seconds()} s: ${seeds} seeds, ` +
    `${plain.format(attempts)} attempts, ${failed.length} failed, ${control.seeds} controls`))
  report(told)
  console.log(`in ${seconds()} s, with pauses of up to ${values.pause} ms between check and commit`)
  const { seeds, oversold } = told.control
  process.exitCode = told.failed.length === 0 && oversold / seeds >= 0.99 ? 0 : 1
} finally {
  await server?.stop()
}
