import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRehearsalDatabase, removeLeftRehearsals } from '@fermata/platform/rehearsal-databases'
import type { Environment } from '@fermata/platform/settings'
import { readEnvironment } from '@fermata/server/env'
import { startCrowd } from './crowd.ts'
import type { CrowdResult } from './crowd-job.ts'
import { capacityOf, endlessly, openNow, resize, type CopiedEvent } from './event-copy.ts'
import {
  checkDisk, findInstallation, makeFolder, removeFolder, sweepFolders, type Installation,
} from './installation.ts'
import { findBottleneck, findFaults, isDisturbed, slowest_ms } from './judge.ts'
import { startMailSink, type MailSink } from './mail-sink.ts'
import { createObserver, type Observation } from './observe.ts'
import { readOptions, usage, type Options } from './options.ts'
import { openRoom, putOnSale } from './put-on-sale.ts'
import { findOpenings, readDemoEvent, readEvent } from './read-event.ts'
import {
  describeResult, latencyTable, not_shown, openingProgress, outcomes, trialHead, trialLine,
  trialProgress,
} from './report.ts'
import { startScratch, type Scratch } from './scratch.ts'
import { createScreen, number, wrap, type Screen } from './screen.ts'
import { confirm, search, type Search } from './search.ts'
import { open, timingOf, tryRate, warmUp, type Observed, type Stage, type Timing } from './stages.ts'
import { checkSums } from './sums.ts'

/**
 * `npm run rehearse`: rehearses an on-sale on the operator's own machine with a copy of an event.
 *
 * Nothing of it can reach real sales, because it happens elsewhere: in a database of its own beside
 * the real one (packages/platform/src/rehearsal-databases.ts), on a second server process with the
 * same code and secrets of its own (scratch-server.ts), whose mails go to a mail server that throws
 * them away (mail-sink.ts). What is read of the real installation is one event. At the end, or at
 * the next start of a rehearsal or of Fermata when this one was killed, the database is dropped.
 * docs/operate/rehearse.md tells how to read the result.
 */

const openings_within_minutes = 60
const end_of_time_ms = 10_000
const least_for_opening_ms = 4000
/** Of its length. By then who still waits waits for holds that end in minutes. */
const longest_opening = 2

/** Ends what was begun, the last first. */
type Begun = (end: () => unknown) => void

interface Prepared {
  installation: Installation
  copy: CopiedEvent
  database_url: string
  scratch: Scratch
  sink: MailSink
}

async function refuseNearOpenings (
  { source }: Installation, { force }: Options, screen: Screen
): Promise<void> {
  const openings = source ? await findOpenings(source, openings_within_minutes) : []
  if (openings.length === 0) return
  const [{ title, opens_at }] = openings as [typeof openings[0]]
  const minutes = Math.max(1, Math.round((Date.parse(opens_at) - Date.now()) / 60_000))
  const words = `“${title}” goes on sale in ${minutes} minutes (${opens_at.slice(11, 16)} UTC), and a ` +
    'rehearsal takes processors and disk from it.'
  if (!force) throw new Error(`${words}\nRehearse after that, or add --force.`)
  screen.say(`${screen.bad('!')} ${words} You said --force.`)
}

async function chooseEvent (
  { source }: Installation, { event, tickets, with_queue }: Options
): Promise<{ copy: CopiedEvent, from: string }> {
  const read = source && await readEvent(source, event)
  if (!read && event !== null) throw new Error(
    `There is no event “${event}”, as nothing is installed here yet. Leave --event out to rehearse the demo's first.`)
  const copy = openNow(read ?? readDemoEvent(), Date.now())
  const sized = tickets === null ? copy : resize(copy, tickets)
  return {
    copy: { ...sized, room: sized.room ?? (with_queue ? {} : null) },
    from: read ? 'a copy of your event' : 'the first event of the demo, as you have none on sale',
  }
}

async function prepare (
  options: Options, environment: Environment, screen: Screen, begun: Begun
): Promise<Prepared> {
  const done = (what: string, words: string) =>
    screen.say(`${screen.good('✓')} ${what.padEnd(10)}${wrap(words, 74, 12)}`)
  const left = await sweepFolders()
  const folder = await makeFolder()
  begun(() => removeFolder(folder))
  checkDisk(folder, options.buyers)
  screen.progress('looks for the installation …')
  const installation = await findInstallation(environment, folder)
  begun(installation.stop)
  await refuseNearOpenings(installation, options, screen)
  left.push(...await removeLeftRehearsals(installation.server_url))
  if (left.length > 0) done('cleaned', `removed what a killed rehearsal left: ${left.join(', ')}`)
  const { copy, from } = await chooseEvent(installation, options)
  done('event', `“${copy.event.title}”, ${from}: ${number(capacityOf(copy))} tickets of ` +
    `${copy.types.length} ${copy.types.length === 1 ? 'kind' : 'kinds'}${copy.room ? ', with a waiting room' : ''}`)
  const database = await createRehearsalDatabase(installation.server_url)
  begun(database.drop)
  done('database', `${database.name} in ${installation.found}`)
  const sink = await startMailSink()
  begun(sink.close)
  screen.progress('starts a second server …')
  const scratch = await startScratch(environment,
    { folder, database_url: database.url, mail_port: sink.port }, begun)
  done('server', `the same code with your settings, on port ${scratch.port} of this machine alone`)
  return { installation, copy, database_url: database.url, scratch, sink }
}

/** @returns what was found, with what stood in the way of more */
async function findSafeRate (
  stage: Stage, event: Parameters<typeof tryRate>[1], timing: Timing, began: number, screen: Screen
) {
  screen.say()
  screen.say(screen.bold('1  How many buyers a minute?'))
  screen.say(screen.dim(`Each number for ${(timing.trial_ms / 1000).toFixed(1)} s. Served means: 99 of 100 ` +
    `within ${slowest_ms} ms, and nobody turned away.`))
  screen.say(trialHead(screen))
  const trials: Observed[] = []
  const attempt = async (per_minute: number, duration_ms: number) => {
    const trial = await tryRate(stage, event, per_minute, duration_ms,
      counts => screen.progress(trialProgress(screen, per_minute, counts)))
    trials.push(trial)
    screen.say(trialLine(screen, trial))
    return trial
  }
  const isAfter = (end_ms: number) => () => performance.now() - began > end_ms
  const found: Search<Observed> = await search(
    rate => attempt(rate, timing.trial_ms), isAfter(timing.search_until_ms))
  let safe: Observed | null = null
  if (found.served) {
    screen.say()
    screen.say(screen.bold('2  Is that true for longer?'))
    screen.say(screen.dim(`Three quarters of what was served, for ${(timing.confirmation_ms / 1000).toFixed(0)} s.`))
    const confirmed = await confirm(found.served, rate => attempt(rate, timing.confirmation_ms),
      isAfter(timing.confirm_until_ms))
    safe = confirmed.safe
  }
  const failed = found.broken ?? trials.findLast(trial => trial.faults.length > 0)
  return { safe, served: found.served, failed, trials,
    is_disturbed: trials.filter(trial => isDisturbed(trial.seen)).length > trials.length / 2 }
}

async function rehearseOpening (
  stage: Stage, prepared: Prepared, options: Options, plan: { timing: Timing, began: number },
  screen: Screen
): Promise<{ result: CrowdResult, seen: Observation, event_id: string }> {
  const { copy, scratch } = prepared
  const { timing: { opening_ms, total_ms }, began } = plan
  const organizer = await scratch.asOrganizer()
  const event = await putOnSale(organizer, copy)
  const has_room = copy.room !== null
  screen.say()
  screen.say(screen.bold('3  The opening'))
  screen.say(screen.dim(`${number(options.buyers)} buyers within ${Math.round(opening_ms / 1000)} s, half of them in ` +
    `the first ${Math.max(1, Math.round(opening_ms / 6000))} s, for ${number(capacityOf(copy))} tickets` +
    `${has_room ? ', through the waiting room' : ''}.`))
  if (copy.room) await openRoom(organizer, event.event_id, copy.room,
    new Date(Date.now() + Math.max(1000, opening_ms / 10)))
  const opened = performance.now()
  const left_ms = total_ms - (opened - began) - end_of_time_ms
  const { result, seen } = await open(stage, event, {
    buyers: options.buyers, has_room, opening_ms,
    ends_after_ms: Math.max(opening_ms + least_for_opening_ms,
      Math.min(left_ms, opening_ms * longest_opening)),
  }, counts => screen.progress(openingProgress(counts, options.buyers, opened)))
  screen.say(wrap(outcomes(result.counts), 84, 0))
  screen.say()
  for (const line of latencyTable(screen, result)) screen.say(line)
  return { result, seen, event_id: event.event_id }
}

async function rehearse (
  options: Options, environment: Environment, screen: Screen, begun: Begun
): Promise<boolean> {
  screen.say()
  screen.say(screen.bold('Rehearsal of an on-sale'))
  screen.say(screen.dim('All of it happens in a copy that is removed at the end. Nothing is sold, mailed or kept.'))
  screen.say()
  const prepared = await prepare(options, environment, screen, begun)
  const { scratch, copy, database_url, sink } = prepared
  const crowd = startCrowd()
  begun(crowd.stop)
  const observer = createObserver(scratch, database_url)
  begun(observer.close)
  const stage: Stage = {
    crowd, observer, port: scratch.port, seed: options.seed,
    told: { runs: [], order_ids: [], unheard: 0 },
  }
  screen.say(`${screen.good('✓')} ${'buyers'.padEnd(10)}the same ones come again with --seed ${options.seed}`)
  const timing = timingOf(options.minutes)
  const began = performance.now()
  const trial = await putOnSale(await scratch.asOrganizer(), endlessly(copy))
  screen.progress('the first buyers come, and are not counted …')
  await warmUp(stage, trial, timing.trial_ms)
  const found = await findSafeRate(stage, trial, timing, began, screen)
  const opening = await rehearseOpening(stage, prepared, options, { timing, began }, screen)
  screen.progress('adds everything up …')
  const checks = await checkSums(database_url,
    { ...stage.told, event_ids: [trial.event_id, opening.event_id] })
  screen.say()
  screen.say(screen.bold('Result'))
  // What failed first was in the trials; where all went well, perhaps the opening was too much.
  const limit = found.failed ?? (findFaults(opening.result).length > 0 ? opening : null)
  const bottleneck = limit && findBottleneck(limit.result, limit.seen)
  const [largest = null] = [...found.trials, opening]
    .filter(({ result: { counts } }) => counts.failed + counts.turned_away + counts.ran_out === 0)
    .toSorted((a, b) => b.result.counts.came - a.result.counts.came)
  const findings = {
    ...found, bottleneck, largest, opening: opening.result, has_room: copy.room !== null,
    buyers: options.buyers, checks, mails: sink.count(),
  }
  for (const line of describeResult(screen, findings)) screen.say(line)
  screen.say()
  screen.say(screen.dim(not_shown))
  screen.say()
  return checks.every(check => check.agrees)
}

/** What is still being begun when an interruption comes gets so long to say so. */
const settle_after_interruption_ms = 3000

/** @returns the exit code */
async function main (args: string[], environment: Environment, screen: Screen): Promise<number> {
  const options = readOptions(args, randomInt(2 ** 31))
  if (options === null) {
    screen.say(usage.trim())
    return 0
  }
  const ends: (() => unknown)[] = []
  let is_interrupted = false
  const interruption = new Promise<'interrupted'>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        // Asked twice, it goes at once; the next rehearsal removes what is left.
        process.once(signal, () => process.exit(130))
        is_interrupted = true
        resolve('interrupted')
      })
    }
  })
  const work = rehearse(options, environment, screen, end => {
    ends.push(end)
    if (is_interrupted) throw new Error('Interrupted')
  })
  const endAll = async () => {
    for (let end = ends.pop(); end; end = ends.pop()) {
      try {
        await end()
      } catch (error) {
        screen.say(`${screen.bad('!')} Something of the copy could not be removed, the next rehearsal does it: ` +
          (error as Error).message)
      }
    }
  }
  try {
    const outcome = await Promise.race([work, interruption])
    if (outcome !== 'interrupted') return outcome ? 0 : 1
    screen.say('Stopping: the copy is removed …')
    await endAll()
    await Promise.race([work.catch(() => {}), sleep(settle_after_interruption_ms)])
    await endAll()
    screen.say(`${screen.good('✓')} removed`)
    screen.say()
    return 130
  } finally {
    screen.progress('removes the copy …')
    await endAll()
  }
}

const screen = createScreen(process.stdout, process.env.NO_COLOR)
try {
  process.exit(await main(process.argv.slice(2), readEnvironment(), screen))
} catch (error) {
  // What the operator can mend is a sentence; only a bug deserves a stack.
  const expected = error instanceof Error && error.constructor === Error
  screen.say(expected ? `${screen.bad('✗')} ${error.message}` : String((error as Error).stack ?? error))
  screen.say()
  process.exit(1)
}
