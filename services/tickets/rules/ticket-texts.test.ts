import { expect, test } from 'vitest'
import { event } from '../test/seed.ts'
import { newestOfEach } from './newest.ts'
import { countryText, priceText, whenTexts } from './ticket-texts.ts'

test('whenTexts: by the clocks at the venue, in the reader\'s language', () => {
  const evening = event({ starts_at: '2027-07-03T18:00:00.000Z', ends_at: '2027-07-03T20:30:00.000Z', timezone: 'Europe/Paris' })
  expect(whenTexts(evening, 'en')).toEqual({ day: 'Saturday, 3 July 2027', time: '20:00 – 22:30' })
  expect(whenTexts(evening, 'fr')).toEqual({ day: 'Samedi 3 juillet 2027', time: '20:00 – 22:30' })
  const tokyo = { ...evening, timezone: 'Asia/Tokyo' }
  expect(whenTexts(tokyo, 'en')).toEqual({ day: 'Sunday, 4 July 2027', time: '03:00 – 05:30' })
})

test('whenTexts: a night past midnight is one day, a festival names two', () => {
  const night = event({ starts_at: '2027-07-03T20:00:00.000Z', ends_at: '2027-07-04T01:00:00.000Z', timezone: 'Europe/Paris' })
  expect(whenTexts(night, 'en')).toEqual({ day: 'Saturday, 3 July 2027', time: '22:00 – 03:00' })
  const festival = { ...night, ends_at: '2027-07-05T20:00:00.000Z' }
  expect(whenTexts(festival, 'en')).toEqual({ day: 'Saturday, 3 July 2027 – Monday, 5 July 2027', time: '22:00' })
})

test('priceText: money as people write it, and free where nothing is paid', () => {
  expect(priceText(1250, 'EUR', 'en')).toBe('€12.50')
  expect(priceText(1250, 'EUR', 'fr').replace(/\s/g, ' ')).toBe('12,50 €')
  expect(priceText(1250, 'JPY', 'en')).toBe('¥1,250')
  expect([priceText(0, 'EUR', 'en'), priceText(0, 'EUR', 'fr')]).toEqual(['Free', 'Gratuit'])
})

test('countryText: the country in the reader\'s language', () => {
  expect([countryText('DE', 'en'), countryText('DE', 'fr'), countryText('QX', 'en')]).toEqual(['Germany', 'Allemagne', 'QX'])
})

test('newestOfEach: one of each, the newest', () => {
  const a = { id: 'a', version: 1 }
  expect(newestOfEach([a, { id: 'b', version: 1 }, { id: 'a', version: 3 }, { id: 'a', version: 2 }]))
    .toEqual([{ id: 'a', version: 3 }, { id: 'b', version: 1 }])
})

test('whenTexts: where clocks are set back, an end never reads as before its start', () => {
  const autumn = event({ timezone: 'America/New_York',
    starts_at: '2027-11-07T05:30:00.000Z', ends_at: '2027-11-07T06:15:00.000Z' })
  expect(whenTexts(autumn, 'en').time).toBe('01:30 UTC−4 – 01:15 UTC−5')
  expect(whenTexts(autumn, 'fr').time).toBe('01:30 UTC−4 – 01:15 UTC−5')
})
