import { parseArgs } from 'node:util'

/** What an operator asks for on the command line. */
export interface Options {
  buyers: number
  /** Null: as many as the event has. */
  tickets: number | null
  /** Id or slug; null: the next event that is on sale. */
  event: string | null
  minutes: number
  with_queue: boolean
  seed: number
  force: boolean
}

export const usage = `
  npm run rehearse -- [--buyers 1000] [--tickets 200] [--event <id or slug>] [--minutes 3]
                      [--with-queue] [--seed 7] [--force]

  --buyers      people who come in the opening minute of the rush (default 1000)
  --tickets     tickets of the copied event (default: as many as the event has)
  --event       which event to copy (default: the next one with tickets left)
  --minutes     for how long buyers come, in all (default 3); with less than 4, the opening is
                shorter than a minute
  --with-queue  puts a waiting room in front of the copy, also where the event has none
  --seed        the same number brings the same buyers again
  --force       goes on although a real sale opens within the hour
`

const flags = {
  buyers: { type: 'string' }, tickets: { type: 'string' }, event: { type: 'string' },
  minutes: { type: 'string' }, seed: { type: 'string' }, 'with-queue': { type: 'boolean' },
  force: { type: 'boolean' }, help: { type: 'boolean', short: 'h' },
} as const

interface Range { least: number, most: number, example: number, whole?: boolean }

function readNumber (name: string, text: string | undefined, range: Range): number | null {
  if (text === undefined) return null
  const { least, most, example, whole = true } = range
  // Thousands are often written with a separator.
  const value = Number(text.replace(/(?<=\d)[_,](?=\d{3}\b)/g, ''))
  const fits = text.trim() !== '' && value >= least && value <= most
  if (fits && (!whole || Number.isInteger(value))) return value
  throw new Error(`--${name} wants ${whole ? 'a whole number' : 'a number'} from ` +
    `${least.toLocaleString('en')} to ${most.toLocaleString('en')}, such as --${name} ${example}; ` +
    `"${text}" is not one.`)
}

/** What Node says about flags it does not know, in our words. */
function explain (error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException
  const named = /'(?:-\w, )?(--?[\w-]+)|'([^']*)'/.exec(message)
  const what = named?.[1] ?? named?.[2] ?? ''
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return new Error(
    `There is no ${what}. These are the choices:\n${usage}`)
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return new Error(
    `"${what}" stands alone. Each choice has a name:\n${usage}`)
  return new Error(`${what} is not usable as it is given. These are the choices:\n${usage}`)
}

function parse (args: string[]) {
  try {
    return parseArgs({ args, options: flags, strict: true }).values
  } catch (error) {
    throw explain(error)
  }
}

/** @throws with a sentence for the operator. @returns null when help is asked for */
export function readOptions (args: string[], random_seed: number): Options | null {
  const values = parse(args)
  if (values.help) return null
  const number = (name: 'buyers' | 'tickets' | 'minutes' | 'seed', range: Range) =>
    readNumber(name, values[name], range)
  return {
    buyers: number('buyers', { least: 10, most: 200_000, example: 20_000 }) ?? 1000,
    tickets: number('tickets', { least: 1, most: 1_000_000, example: 5000 }),
    event: values.event?.trim() || null,
    minutes: number('minutes', { least: 0.2, most: 60, example: 5, whole: false }) ?? 3,
    with_queue: values['with-queue'] ?? false,
    seed: number('seed', { least: 0, most: 4_294_967_295, example: 7 }) ?? random_seed,
    force: values.force ?? false,
  }
}
