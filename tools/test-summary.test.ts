import { expect, test } from 'vitest'
import { addUp, countTests, describeCount, type SuiteReport } from './test-summary.ts'

const report = (changes: Partial<SuiteReport> = {}): SuiteReport => ({
  numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0,
  success: true, testResults: [], ...changes
})

test('test-summary: counts what passed and failed', () => {
  const count = countTests(report({ numFailedTests: 2, success: false }))
  expect(count).toEqual({ passed: 5, failed: 2, not_run: 0 })
})

test('test-summary: a file that does not load is a failure', () => {
  const testResults = [{ status: 'failed', assertionResults: [] }]
  expect(countTests(report({ success: false, testResults })).failed).toBe(1)
})

test('test-summary: a failed run whose tests all passed is a failure', () => {
  expect(countTests(report({ success: false })).failed).toBe(1)
})

test('test-summary: says what did not run', () => {
  const sum = addUp([countTests(report()), countTests(report({ numPendingTests: 1 }))])
  expect(describeCount(sum)).toBe('10 passed, 0 failed, 1 not run')
  expect(describeCount(countTests(report()))).toBe('5 passed, 0 failed')
})
