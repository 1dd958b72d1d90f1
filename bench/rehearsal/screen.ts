import { stripVTControlCharacters } from 'node:util'

/** What the operator sees: lines that stay and, on a terminal, one that is written anew. */
export interface Screen {
  say (text?: string): void
  /** A line that the next one replaces; without a terminal, one where nothing was said for long. */
  progress (text: string): void
  bold (text: string): string
  dim (text: string): string
  good (text: string): string
  bad (text: string): string
}

export interface Output {
  write (text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** In a log that is read later, more would be noise. */
const plain_every_ms = 5000
const narrowest = 40

/** @param no_color as the variable NO_COLOR says: anything but nothing means no colours */
export function createScreen (output: Output, no_color: string | undefined): Screen {
  const terminal = output.isTTY === true
  const colors = terminal && !no_color
  let last_at = -Infinity
  let is_shown = false
  const paint = (code: number) => (text: string) => colors ? `\x1b[${code}m${text}\x1b[0m` : text
  const clear = () => {
    if (is_shown) output.write('\r\x1b[2K')
    is_shown = false
  }
  return {
    say (text = '') {
      clear()
      last_at = performance.now()
      output.write(`${text === '' ? '' : `  ${text.replace(/\n(?=.)/g, '\n  ')}`}\n`)
    },
    progress (text) {
      const now = performance.now()
      if (!terminal) {
        if (now - last_at < plain_every_ms) return
        last_at = now
        output.write(`  ${text}\n`)
        return
      }
      clear()
      // A line that wraps could not be taken back.
      const room = Math.max(narrowest, output.columns ?? 80) - 4
      output.write(`  ${cut(text, room)}`)
      is_shown = true
    },
    bold: paint(1), dim: paint(2), good: paint(32), bad: paint(31),
  }
}

const cut = (text: string, room: number) =>
  stripVTControlCharacters(text).length <= room ? text
    : `${stripVTControlCharacters(text).slice(0, room - 1)}…`

export const number = (value: number) => Math.round(value).toLocaleString('en')

/** Milliseconds, short enough for a column. */
export const milliseconds = (value: number | undefined) =>
  value === undefined ? '–'
    : `${value < 10 ? value.toFixed(1) : number(value)}\u00a0ms`

export function bar (share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

/** Breaks a sentence at blanks; what follows the first line is indented. */
export function wrap (text: string, width: number, indent: number): string {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}
