import { expect, test } from 'vitest'
import { describeAgent } from './describe-agent.ts'

test('describeAgent: browsers by their own name, not by those they also claim', () => {
  const safari = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  expect(describeAgent(`Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${safari}`))
    .toEqual({ program: 'Safari', system: 'iPhone' })
  expect(describeAgent(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Edg/140.0.0.0`))
    .toEqual({ program: 'Edge', system: 'Windows' })
  expect(describeAgent(`Mozilla/5.0 (Linux; Android 10; K) ${chrome}`))
    .toEqual({ program: 'Chrome', system: 'Android' })
  expect(describeAgent('Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'))
    .toEqual({ program: 'Firefox', system: 'Linux' })
})

test('describeAgent: programs by their first word, and nonsense by nothing', () => {
  expect(describeAgent('curl/8.5.0')).toEqual({ program: 'curl', system: null })
  expect(describeAgent(null)).toEqual({ program: null, system: null })
  expect(describeAgent('<script>')).toEqual({ program: null, system: null })
  expect(describeAgent('Mozilla/5.0')).toEqual({ program: null, system: null })
})
