import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createRegularBuyers } from './regular-buyers.ts'

const key = (name: string) => createHash('sha256').update(name).digest('hex').slice(0, 16)
const ann = key('ann')
const ben = key('ben')

test('among: whoever was first to sell knows its buyers, and newcomers need no look', () => {
  const mine = createRegularBuyers('me')
  expect(mine.among('event', null, [ann, ben])).toEqual([])
  mine.remember('event', [ann])
  expect(mine.among('event', 'me', [ann, ben])).toEqual([ann])
})

test('among: after another process sold, everybody is looked up until the past is read', () => {
  const mine = createRegularBuyers('me')
  mine.among('event', null, [])
  expect(mine.among('event', 'other', [ann, ben])).toEqual([ann, ben])
  expect(mine.among('event', 'me', [ann])).toEqual([ann])
  expect(mine.wantsPast('event')).toBe(true)
  const end = mine.takePast('event')
  mine.remember('event', [ben])
  end(true)
  expect(mine.among('event', 'me', [ann, ben])).toEqual([ben])
})

test('takePast: what was read before another process sold is not all', () => {
  const mine = createRegularBuyers('me')
  mine.among('event', 'other', [])
  const end = mine.takePast('event')
  mine.among('event', 'other', [])
  end(true)
  expect(mine.among('event', 'me', [ann])).toEqual([ann])
})

test('among: a process that has just started believes nothing', () => {
  expect(createRegularBuyers('me').among('event', 'me', [ann])).toEqual([ann])
})

test('remember: 100,000 buyers are all known, and few newcomers are taken for one', () => {
  const mine = createRegularBuyers('me')
  mine.among('event', null, [])
  const buyers = Array.from({ length: 100_000 }, (_, index) => key(`buyer ${index}`))
  mine.remember('event', buyers)
  expect(mine.among('event', 'me', buyers)).toHaveLength(100_000)
  const newcomers = Array.from({ length: 10_000 }, (_, index) => key(`newcomer ${index}`))
  expect(mine.among('event', 'me', newcomers).length).toBeLessThan(600)
})
