import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answer_within_ms, watchAnswer } from './deadline.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

test('watchAnswer: tells once of an answer that is late, and never of one that has come', () => {
  const told: string[] = []
  const watch = (name: string) => watchAnswer(({ definition, headers }) => {
    told.push(`${name} ${definition.status} ${headers['retry-after']}`)
  })
  const firstHasCome = watch('first')
  const secondHasCome = watch('second')
  vi.advanceTimersByTime(answer_within_ms / 2)
  watch('third')
  firstHasCome()
  vi.advanceTimersByTime(answer_within_ms / 2 + 200)
  expect(told).toEqual(['second 503 2'])
  secondHasCome()
  vi.advanceTimersByTime(answer_within_ms)
  expect(told).toEqual(['second 503 2', 'third 503 2'])
})

test('watchAnswer: nothing looks while nothing is under way', () => {
  const hasCome = watchAnswer(() => {})
  hasCome()
  vi.advanceTimersByTime(1000)
  expect(vi.getTimerCount()).toBe(0)
})
