import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { supervise, type Supervised } from './dev.ts'

let folder: string
let supervised: Supervised | undefined
const log = () => existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : ''

/** Notes its start, and its end when it is asked to end. */
const program = `
const { appendFileSync } = require('node:fs')
const log = text => appendFileSync(process.argv[2], text)
log('start ')
process.on('SIGTERM', () => { log('end '); process.exit(0) })
setInterval(() => {}, 1000)
`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-dev-'))
  writeFileSync(join(folder, 'program.cjs'), program)
  supervised = supervise([join(folder, 'program.cjs'), join(folder, 'log')], [folder])
})
afterEach(async () => {
  await supervised?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('supervise: after a change the old process ends before the new one starts', async () => {
  await vi.waitFor(() => expect(log()).toBe('start '), 5000)
  writeFileSync(join(folder, 'order.ts'), 'one')
  writeFileSync(join(folder, 'order.ts'), 'two')
  await vi.waitFor(() => expect(log()).toBe('start end start '), 5000)
})

test('supervise: tests and other files start nothing', async () => {
  await vi.waitFor(() => expect(log()).toBe('start '), 5000)
  writeFileSync(join(folder, 'order.test.ts'), 'one')
  writeFileSync(join(folder, 'notes.md'), 'one')
  await wait(600)
  expect(log()).toBe('start ')
})

test('supervise: stopping ends the process', async () => {
  await vi.waitFor(() => expect(log()).toBe('start '), 5000)
  await supervised?.stop()
  expect(log()).toBe('start end ')
})
