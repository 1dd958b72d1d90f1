import { expect, test } from 'vitest'
import { areOrigins, isCrontab, isOrigin, isSender } from './setting-shapes.ts'

test.each([
  ['isOrigin', isOrigin,
    ['http://localhost:8000', 'https://tickets.example.org', 'http://[::1]:80'],
    ['http://a b', 'http://:', 'https://x.org:99999', 'http://[::1', 'https://x.org?x', 'https://x.org#x',
      'http://user:pw@x.org', 'https://x.org ', 'https://x.org/', 'https://x.org/a', 'ftp://x.org', '']],
  ['areOrigins', areOrigins,
    ['', 'https://a.example.org', 'https://a.example.org, http://localhost:3000'],
    ['*', 'https://a.example.org/', 'a.example.org', 'https://a.example.org,x', 'https://A.example.org',
      'https://a.example.org:443']],
  ['isSender', isSender,
    ['a@example.org', 'Town Hall <tickets@example.org>', '<a@example.org>', 'Fermata <tickets@localhost>'],
    ['foo', '<>', '', 'a@x.org, b@x.org', 'A <a@x.org> <b@x.org>', 'a\r\nBcc: x@y.org',
      'A\r\nBcc: x <a@x.org>']],
  ['isCrontab', isCrontab,
    ['15 3 * * *', '*/10 * * * *', '0 0 1,15 * 1-5'],
    ['99 * * * *', 'a b c d e', '*/0 * * * *', '60 24 32 13 8', 'daily', '']],
])('%s: takes what can work, and nothing else', (_, is, good, bad) => {
  expect([...good, ...bad].filter(text => is(text))).toEqual(good)
})
