import { createClient } from '@fermata/contracts/client'
import { findProgram } from '@fermata/server/split/programs'
import { startSplit } from '@fermata/server/split/start-split'
import { createTestNats } from '@fermata/testkit/nats-server'
import { conclude, type Bench, type GoalResult, type GoalText } from '../bench.ts'
import { compare } from '../compare.ts'
import { startProduct, type StartedServer } from '../product.ts'

const port_base = 20_600

const split_text: GoalText = {
  id: 'P8', title: 'Orders/s of ten processes behind nginx / of one process, on the same cores',
  target: { at_least: 0.6, unit: 'x' },
  may_not_claim: 'What several machines sell: all processes, nginx, nats-server, PostgreSQL and ' +
    'the load share the cores of one. The services share one database of one server.',
}

const carrier_text: GoalText = {
  id: 'P17', title: 'Orders/s of one process with JetStream / with the local bus',
  target: { at_least: 0.95, unit: 'x' },
  may_not_claim: 'Events go through a nats-server on the same machine, which the load shares; ' +
    'the events of a round are handled after it, before the next begins.',
}

const path = process.env.PATH ?? ''

/** A goal that cannot be measured here says so, and is not reached. */
function without (text: GoalText, programs: string[]): GoalResult | null {
  const missing = programs.filter(name => findProgram(name, path) === null)
  return missing.length === 0 ? null : conclude(text, {
    rounds: [], sides: [], void: [`${missing.join(' and ')} not installed`] })
}

/** P8: what it costs that each service is a process of its own. */
export async function measureSplit (bench: Bench): Promise<GoalResult[]> {
  const missing = without(split_text, ['nats-server', 'nginx'])
  if (missing) return [missing]
  return [conclude(split_text, await compare(bench,
    { name: 'ten processes', start: () => startProduct({ start: startApart }) },
    { name: 'one process', start: startProduct }))]
}

/** Ten services and the pages; orders are asked through nginx, as buyers ask them. */
async function startApart (
  folder: string, environment: Record<string, string>
): Promise<StartedServer> {
  const split = await startSplit({
    environment: { ...environment, PATH: path, FERMATA_DATA: folder }, port_base })
  const url = `http://127.0.0.1:${split.ports.front_door}`
  return {
    url, stop: split.stop,
    pid: split.processes.find(one => one.name === 'orders')!.pid()!,
    callAs: token => createClient({
      base_url: url, fetch: (address, init) => fetch(address, init),
      headers: { authorization: `Bearer ${token}` },
    }).call,
  }
}

/** P17: what it costs buyers that events leave the process. */
export async function measureCarrier (bench: Bench): Promise<GoalResult[]> {
  const missing = without(carrier_text, ['nats-server'])
  if (missing) return [missing]
  const nats = await createTestNats()
  await nats.start()
  try {
    return [conclude(carrier_text, await compare(bench,
      { name: 'JetStream', start: () => startProduct({ environment: { NATS_URL: nats.url } }) },
      { name: 'local bus', start: startProduct }))]
  } finally {
    await nats.remove()
  }
}
