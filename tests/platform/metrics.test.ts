import { readFileSync } from 'node:fs'
import { allServices } from '@fermata/server/services'
import { startTestSystem } from '@fermata/testkit/start'
import { expect, test } from 'vitest'

const page = readFileSync(new URL('../../docs/operate/observe.md', import.meta.url), 'utf8')
/** Those of Node itself, which its library names. */
const of_node = /^fermata_(process|nodejs)_/
const units =
  /_(seconds|bytes|total|requests|waiting|letters|failing|undecided|mismatches)$/

test('metrics: each of ours says what it is, has its unit in its name and is in docs/operate/observe.md', async () => {
  const it = await startTestSystem(Object.values(allServices))
  try {
    const text = await it.system.metrics.registry.metrics()
    const helps = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(found => [found[1]!, found[2]!]))
    const ours = [...helps.keys()].filter(name => !of_node.test(name))
    for (const name of ours) {
      expect(name).toMatch(units)
      expect(helps.get(name)!.length, name).toBeGreaterThan(10)
    }
    // What is counted anew at each look can go down again.
    const gauges = [...text.matchAll(/^# TYPE (fermata_\w+) gauge$/gm)].map(found => found[1]!)
    expect(gauges.filter(name => name.endsWith('_total') && !of_node.test(name))).toEqual([])
    const told = [...page.matchAll(/^\| `(fermata_\w+)` \|/gm)].map(found => found[1]!)
    expect(told.sort()).toEqual(ours.sort())
    for (const [, name] of page.matchAll(/`(fermata_(?:process|nodejs)_\w+)`/g)) expect(helps.has(name!), name).toBe(true)
  } finally {
    await it.stop()
  }
}, 60_000)
