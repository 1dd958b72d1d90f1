import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/**
 * S22, regular expressions: none takes longer than its text is long. Each expression in the source
 * is tried on texts that make a careless one go back and forth, in a thread that can be ended.
 */

const root = resolve(import.meta.dirname, '../..')
const folders = ['packages/contracts/src', 'packages/platform/src', 'services', 'apps/server', 'apps/web/app', 'deploy']

const sources = folders.flatMap(folder => readdirSync(join(root, folder), { recursive: true })
  .map(name => join(folder, String(name))))
  .filter(name => /\.tsx?$/.test(name) && !/\.test\.tsx?$|node_modules|\/test\/|\/\+types\/|\/build\//.test(name))

/** After what an expression can begin in the language, where a division cannot. */
const literal = /(?<=[=(,:?!&|{};[]\s*|=>\s*|return |\n\s*)\/(?![*/])((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)+\])+)\/([dgimsuvy]*)(?=[\s.,);\]}:?]|$)/gm
const patterns = /pattern: '((?:[^'\\\n]|\\.)+)'/g

function expressionsIn (name: string): [source: string, flags: string][] {
  const text = readFileSync(join(root, name), 'utf8').replace(/^\s*(?:\*|\/\/|\/\*).*$/gm, '')
  const literals = [...text.matchAll(literal)].map(([, source, flags]): [string, string] =>
    [source!, flags!])
  // As the language reads a text in quotes.
  const texts = [...text.matchAll(patterns)].map(([, source]): [string, string] =>
    [source!.replace(/\\(.)/g, '$1'), 'u'])
  return [...literals, ...texts].filter(([source, flags]) => {
    try {
      return Boolean(new RegExp(source, flags))
    } catch {
      return false
    }
  })
}

const found = new Map(sources.flatMap(name => expressionsIn(name).map(([source, flags]) =>
  [`/${source}/${flags}`, { source, flags, name }] as const)))

/** Twice as long a text takes twice as long, not four times: so this length shows what bites. */
const length = atScale(20_000, 64_000)
/** Of the thread's own time, whatever else the machine does. */
const slow_ms = atScale(100, 300)
const kinds = atScale(3, 11)

/** Runs in the thread: every expression on every text, and says what took how long. */
const work = `
  const { parentPort, workerData: { expressions, length, kinds } } = require('node:worker_threads')
  const units = ['a', '0', ' ', '-', '.', '@', '/', 'A', '_', '=', '%', '\\t', '\\n', '"', "'", ',', ':', ';', '<', '(', '[',
    '{', '\\\\', 'é', 'a.', 'a-', 'a ', '0,', '0 ', 'a@', '-a', ' -', '/a', '&a', '=a', '0.', 'a=a;', '"a', 'aA', '../', '%2', '[a', '*a', '# ']
  const ends = ['', '!', '\\u0000', '@', '\\n', 'a@', '"'].slice(0, kinds)
  const heads = ['', 'a@', 'http://', 'a', '0', '"', '<', '[', 'Bearer ', '+', '/'].slice(0, kinds)
  for (const { source, flags } of expressions) {
    parentPort.postMessage({ begins: true })
    const expression = new RegExp(source, flags.replace('y', ''))
    let worst = 0
    let by = ''
    // Words that an expression looks for are what it can be led astray with.
    const own = source.replace(/\\\\./g, ' ').match(/[A-Za-z_]{2,}/g) ?? []
    for (const unit of [...units, ...own.slice(0, 4), ...own.slice(0, 2).map(word => '-' + word)]) for (const end of ends) for (const head of heads) {
      const text = head + unit.repeat(Math.ceil(length / unit.length)) + end
      expression.lastIndex = 0
      const began = process.threadCpuUsage()
      expression.test(text)
      const took = process.threadCpuUsage(began).user / 1000
      if (took > worst) { worst = took; by = head + unit + '…' + JSON.stringify(end) }
    }
    parentPort.postMessage({ worst, by })
  }`

interface Expression { source: string, flags: string }
interface Result { worst: number, by: string }

/** @returns how long each took at worst; one that did not end within `limit_ms` took for ever */
async function measure (expressions: Expression[], limit_ms: number): Promise<Result[]> {
  const results: Result[] = []
  while (results.length < expressions.length) {
    const rest = expressions.slice(results.length)
    const worker = new Worker(work,
      { eval: true, workerData: { expressions: rest, length, kinds } })
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((done, fail) => {
      const end = () => { void worker.terminate() }
      worker.once('exit', () => done())
      worker.on('message', (message: { begins: true } | Result) => {
        clearTimeout(timer)
        if ('begins' in message) {
          timer = setTimeout(() => {
            results.push({ worst: Infinity, by: 'without an end' })
            end()
          }, limit_ms)
        } else results.push(message)
        if (results.length === expressions.length) end()
      })
      worker.once('error', fail)
    })
    clearTimeout(timer)
  }
  return results
}

test('S22: the control, careless expressions are found', async () => {
  const careless = [{ source: '^(a+)+$', flags: '' }, { source: '\\s+$', flags: '' },
    { source: '^(\\w+\\.?)+@', flags: 'u' }, { source: '^[a-z]{1,9}$', flags: '' }]
  const results = await measure(careless, 1000)
  expect(results.map(({ worst }) => worst > slow_ms)).toEqual([true, true, true, false])
}, 30_000)

test('S22: no regular expression of ours takes longer than its text is long', async () => {
  expect(found.size).toBeGreaterThan(150)
  expect([...found.values()].map(({ source }) => source)).toContain('^[\\w-]{8,64}$')
  const all = [...found.values()]
  const results = await measure(all, 60_000)
  const slow = all.flatMap(({ source, name }, index) => results[index]!.worst > slow_ms
    ? [`${name}: ${source} ${Math.round(results[index]!.worst)} ms, ${results[index]!.by}`] : [])
  expect(slow).toEqual([])
  const worst = Math.max(...results.map(one => one.worst))
  figure('S22', `${found.size} regular expressions on texts of ${length} characters: ` +
    `${worst.toFixed(0)} ms at worst.`)
}, atScale(300_000, 900_000))
