import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { findBuildTool } from './build-web.ts'
import { root } from './sources.ts'

/** `npm run check`: what CI asks first. One line for each step; a failing one shows all it said, and what to do. */

interface Step { name: string, command: string[], instead: string }
interface Outcome { step: Step, passed: boolean, output: string, seconds: number }

/** No step takes longer than this on two cores that others use too; one that does is stuck. */
const step_timeout_ms = 300_000

const program = (path: string, ...parameters: string[]) =>
  [process.execPath, join(root, 'node_modules', path), ...parameters]

/** Every tools/generate-*.ts takes `--check` and then only compares. */
const generators = readdirSync(join(root, 'tools')).filter(name => /^generate-[a-z-]+\.ts$/.test(name))

const hasWebApp = existsSync(join(root, 'apps/web/tsconfig.json'))

/** Goes first: types and lint read the types of the web app's routes, which are not committed. */
const routeTypes: Step = {
  name: 'types of routes, generated',
  command: [process.execPath, findBuildTool() ?? 'not installed: run npm ci', 'typegen', 'apps/web'],
  instead: 'The message names the route or the setting that React Router cannot read.'
}

const steps: Step[] = [
  {
    name: 'types',
    command: program('typescript/bin/tsc', '-p', '.'),
    instead: 'Make the code say what it means; a cast needs a comment that says why it is safe.'
  },
  ...(hasWebApp
    ? [{
        name: 'types of the web app',
        command: program('typescript/bin/tsc', '-p', 'apps/web'),
        instead: 'As above; the types of routes follow from apps/web/app/routes.ts.'
      }]
    : []),
  {
    name: 'lint and import boundaries',
    command: program('oxlint/bin/oxlint', '--type-aware'),
    instead: 'Each finding carries its own advice; the boundaries are explained in ARCHITECTURE.md.'
  },
  {
    name: 'tidy, boundaries, lock file',
    command: program('vitest/vitest.mjs', 'run', '--config', 'tools/vitest.config.ts', '--reporter', 'agent'),
    instead: 'The message of each finding says what to do; house rules are in CONTRIBUTING.md.'
  },
  {
    name: 'unused code',
    command: program('knip/bin/knip.js', '--no-progress'),
    instead: 'Delete it: git remembers. What only a test uses belongs in the test or the testkit.'
  },
  {
    name: 'statements against the schema',
    command: [process.execPath, join(root, 'tools/check-statements.ts')],
    instead: 'Mend the statement, or the type of its rows. What cannot be null here though its column may be is ' +
      'named in the statement: /* present: column */.'
  },
  ...generators.map(name => ({
    name: `fresh: ${name.slice('generate-'.length, -'.ts'.length)}`,
    command: [process.execPath, join(root, 'tools', name), '--check'],
    instead: `Run \`node tools/${name}\` and commit what it writes.`
  }))
]

async function run (step: Step): Promise<Outcome> {
  const started = performance.now()
  const [file = process.execPath, ...parameters] = step.command
  const child = spawn(file, parameters, {
    cwd: root, env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'],
    timeout: step_timeout_ms
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  const passed = await promise === 0
  return { step, passed, output, seconds: (performance.now() - started) / 1000 }
}

function report ({ step, passed, output, seconds }: Outcome): void {
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${step.name.padEnd(28)} ${seconds.toFixed(1).padStart(5)} s`)
  if (!passed) console.log(`\n${output.trim()}\n\n  -> ${step.instead}\n`)
}

/** As many at once as there are cores: more would only make each of them slower. */
async function runAll (): Promise<Outcome[]> {
  const waiting = [...steps]
  const outcomes: Outcome[] = []
  if (hasWebApp) {
    const outcome = await run(routeTypes)
    report(outcome)
    outcomes.push(outcome)
  }
  const lanes = Math.min(availableParallelism(), steps.length)
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const outcome = await run(step)
      report(outcome)
      outcomes.push(outcome)
    }
  }))
  return outcomes
}

const started = performance.now()
const outcomes = await runAll()
const failed = outcomes.filter(({ passed }) => !passed)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
const names = failed.map(({ step }) => step.name).join('; ')
console.log(failed.length === 0
  ? `check: ${outcomes.length} steps passed in ${seconds} s`
  : `check: ${failed.length} of ${outcomes.length} steps failed in ${seconds} s: ${names}`)
process.exitCode = failed.length === 0 ? 0 : 1
