import { allServices } from '@fermata/server/services'
import { expect, test } from 'vitest'
import { fill, firstSentence } from './generate-service-readmes.ts'

const marks = (part: string, inner: string) => `<!-- ${part}: by hand -->\n${inner}<!-- /${part} -->\n`

test('READMEs: what stands between the marks is written anew, what stands around them is kept', () => {
  const text = `Before.\n${marks('routes', 'A stale line\n')}Between.\n${marks('events', '')}${marks('settings', '')}After.\n`
  const filled = fill('README.md', text, allServices.expiration)
  expect(filled).toMatch(/^Before\.\n[^]*\nBetween\.\n[^]*\nAfter\.\n$/)
  expect(filled).not.toContain('stale')
  expect(filled).toContain('[GET `/api/expiration`](operations/list-deadlines.ts) | admin |')
  expect(filled).toContain('| `orders.order_placed.v1` | [`startHolds`](operations/track-holds.ts) |')
  expect(filled).toContain('| `ORDER_SIGNATURE` |')
})

test('READMEs: one without its marks is refused', () => {
  expect(() => fill('README.md', marks('routes', ''), allServices.gateway)).toThrow('README.md lacks the marks <!-- events:')
})

test('READMEs: words are the first sentence of the comment over a name; none is refused', () => {
  const source = '/** Of another. */\nexport const other = 1\n\n/**\n * What it means: the\n * whole. And more.\n */\nexport const told = 2\n'
  expect(firstSentence('a.ts', source, 'told')).toBe('What it means: the whole')
  expect(() => firstSentence('a.ts', `${source}export const mute = 3\n`, 'mute')).toThrow('a.ts: mute needs a comment')
})
