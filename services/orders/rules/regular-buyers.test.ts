import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createRegularBuyers } from './regular-buyers.ts'

const key = (name: string) => createHash('sha256').update(name).digest('hex').slice(0, 16)
const ann = key('ann')
const ben = key('ben')

type Regulars = ReturnType<typeof createRegularBuyers>

const among = (regulars: Regulars, seller: string | null, keys: string[]) =>
  keys.filter(regulars.lookAt('event', seller))

test('lookAt: whoever was first to sell knows its buyers, and newcomers need no look', () => {
  const mine = createRegularBuyers('me')
  expect(among(mine, null, [ann, ben])).toEqual([])
  mine.remember('event', [ann])
  expect(among(mine, 'me', [ann, ben])).toEqual([ann])
})

test('lookAt: after another process sold, everybody is looked up until the past is read', () => {
  const mine = createRegularBuyers('me')
  among(mine, null, [])
  expect(among(mine, 'other', [ann, ben])).toEqual([ann, ben])
  expect(among(mine, 'me', [ann])).toEqual([ann])
  expect(mine.wantsPast('event')).toBe(true)
  const end = mine.takePast('event')
  mine.remember('event', [ben])
  end(true)
  expect(among(mine, 'me', [ann, ben])).toEqual([ben])
})

test('takePast: what was read before another process sold is not all', () => {
  const mine = createRegularBuyers('me')
  among(mine, 'other', [])
  const end = mine.takePast('event')
  among(mine, 'other', [])
  end(true)
  expect(among(mine, 'me', [ann])).toEqual([ann])
})

test('lookAt: a process that has just started believes nothing', () => {
  expect(among(createRegularBuyers('me'), 'me', [ann])).toEqual([ann])
})

test('remember: 100,000 buyers are all known, and few newcomers are taken for one', () => {
  const mine = createRegularBuyers('me')
  among(mine, null, [])
  const buyers = Array.from({ length: 100_000 }, (_, index) => key(`buyer ${index}`))
  mine.remember('event', buyers)
  expect(among(mine, 'me', buyers)).toHaveLength(100_000)
  const newcomers = Array.from({ length: 10_000 }, (_, index) => key(`newcomer ${index}`))
  expect(among(mine, 'me', newcomers).length).toBeLessThan(600)
})
