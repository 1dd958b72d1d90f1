import { parseArgs } from 'node:util'
import { isBroken, runControl, runSale, runSeeds, shareOf, type Told } from './run-seeds.ts'

/** `npm run races`: many sales with one seed each, and the same without the guard. */

const usage = `npm run races -- [--seeds 1000] [--first 1]   as many sales, each with its guard and without
npm run races -- --seed N                     one sale again, and all there is to say about it`

/** What a proof asks of the control: without its guard nearly every sale goes wrong. */
const least_share = 0.99

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const plain = new Intl.NumberFormat('en')

function report (told: Told): void {
  const { seeds, attempts, contested, acknowledged, failed, broken, control } = told
  const lines = [
    ['tickets', 'oversold', broken.tickets], ['promo', 'promo codes overspent', broken.promo],
    ['buyer', 'limits of a buyer passed', broken.buyer], ['pass', 'passes used too often', broken.pass],
  ] as const
  console.log(`${plain.format(seeds)} seeds, ${plain.format(attempts)} attempts, ` +
    `${plain.format(contested)} of them contested, ${plain.format(acknowledged)} acknowledged`)
  console.log(`${plain.format(told.reclaimed)} sales gave ended holds back first; ` +
    Object.entries(told.events).sort().map(([type, times]) => `${type} ${plain.format(times)}`).join(', '))
  for (const [kind, what, times] of lines) {
    const { seeds: broke, of } = control.broke[kind]
    console.log(`${what.padEnd(26)}${String(times).padStart(3)}   control: in ${broke} of ${of} ` +
      `seeds (${percent(shareOf(control, kind))})`)
  }
  console.log(failed.length === 0 ? 'Every counter equals the orders that it counts.'
    : `FAILED seeds: ${failed.slice(0, 20).join(', ')}; npm run races -- --seed ${failed[0]}`)
}

async function replay (seed: number): Promise<boolean> {
  const outcome = await runSale(seed)
  console.log('with its guard', outcome)
  console.log('control without', await runControl(seed))
  return !isBroken(outcome)
}

async function runMany (first_seed: number, seeds: number): Promise<boolean> {
  const began = performance.now()
  const told = await runSeeds({ first_seed, seeds }, (done, { attempts, failed }) => {
    if (done % 100 === 0) console.log(`  ${done} seeds, ${plain.format(attempts)} attempts, ${failed.length} failed`)
  })
  report(told)
  console.log(`in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  const kinds = ['tickets', 'promo', 'buyer', 'pass'] as const
  const blind = kinds.filter(kind =>
    told.control.broke[kind].of > 0 && shareOf(told.control, kind) < least_share)
  if (blind.length > 0) console.log(`The control must break each rule in ${percent(least_share)} of the seeds: ${blind.join(', ')}`)
  return told.failed.length === 0 && blind.length === 0
}

const { values: { help, seed, seeds, first } } = parseArgs({ options: {
  help: { type: 'boolean', default: false }, seed: { type: 'string' },
  seeds: { type: 'string', default: '1000' }, first: { type: 'string', default: '1' },
} })
if (help) console.log(usage)
else {
  const fine = seed === undefined ? await runMany(Number(first), Number(seeds))
    : await replay(Number(seed))
  process.exitCode = fine ? 0 : 1
}
