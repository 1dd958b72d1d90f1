import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { eventually, putOnSale } from '../end-to-end/sell.ts'
import { figure, is_whole } from '../proofs/proof.ts'
import {
  bringSecrets, command, keepSecrets, killEverything, makeInstallation, must, organizerOf,
  removeInstallation, start, type Installation,
} from './installation.ts'
import { countWaiting } from './judge.ts'
import { startRush } from './rush.ts'
import { compareTables, tablesOf } from './tables.ts'

/** From one process to ten services and back, by the commands that an operator types. */

let it: Installation
afterEach(async () => { if (it) await removeInstallation(it) })

test.runIf(is_whole)('R18: one process, ten services, one process: all tables are equal', async () => {
  it = await makeInstallation('one')
  const url = await start(it)
  await keepSecrets(it)
  const { event, ticket_type } = await putOnSale(await organizerOf(it, url), { capacity: 5000 })
  const rush = startRush({ port: Number(new URL(url).port), event_id: event.id,
    ticket_type_id: ticket_type.id, run: 'shapes', connections: 8, per_second: 100, pays_each: 2 })
  await eventually(async () => (await countWaiting(it)) > 20, 'some orders')
  const { orders } = await rush.end()
  await eventually(async () => await countWaiting(it) === 0, 'every event to be told', 120_000)
  await killEverything(it)

  const copy = async (data: string, name: string) => {
    const to = join(it.outside, name)
    await must(command({ data }, 'backup', ['--to', to]))
    return to
  }
  const restore = async (from: string, name: string, words: string[]) => {
    const data = join(it.data, name)
    await mkdir(data, { mode: 0o711 })
    await bringSecrets(it, data)
    await must(command({ data }, 'restore', ['--from', from, '--yes', ...words]))
    return data
  }
  const of_one = await copy(it.data, 'of-one')
  const of_ten = await copy(await restore(of_one, 'ten', ['--split']), 'of-ten')
  const of_one_again = await copy(await restore(of_ten, 'one', []), 'of-one-again')

  const [first, second, third] = await Promise.all([of_one, of_ten, of_one_again].map(tablesOf))
  const [there, back] = [compareTables(first!, second!), compareTables(second!, third!)]
  figure('R18', `one process, ten services, one process: ${first!.size} tables ` +
    `(${orders.length} orders); ${first!.size - there.changed.length} alike on the way there, ` +
    `where events, logins and mails are changed on purpose (${there.changed.join(', ')}), ` +
    `${first!.size - back.changed.length} on the way back (but ${back.changed.join(', ')})`)
  expect(orders.length).toBeGreaterThan(10)
  expect(there.wrong).toEqual([])
  expect(back.wrong).toEqual([])
})
