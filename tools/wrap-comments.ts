import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCode, isGenerated, readSources, root } from './sources.ts'
import { max_columns } from './tidy-rules.ts'

/** `node tools/wrap-comments.ts [folder…]`: breaks comments that are wider than the house allows. */

/** A line that holds nothing but text of a comment, and what stands before that text. */
const commentLine = /^(?<lead>\s*(?:\*|\/\/) )(?<text>\S.*)$/
const oneLineBlock = /^(?<indent>\s*)\/\*\* (?<text>.*) \*\/$/
/** Tags, list items, tables and examples begin a line of their own. */
const startsAnew = /^(?:@|- |\d+\. |\||`{3}|oxlint-|eslint-)/

/** The longest whole words that fit, and the rest. */
function breakAt (text: string, columns: number): [string, string] {
  const space = text.lastIndexOf(' ', columns)
  const at = space > 0 ? space : text.indexOf(' ')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** Wraps the comments of a file; code, and text that is narrow enough already, stays as it is. */
export function wrapComments (source: string): string {
  const wrapped: string[] = []
  let rest = ''
  let lead = ''
  const flush = () => {
    while (rest !== '') {
      const [head, tail] = fits(lead, rest) ? [rest, ''] : breakAt(rest, max_columns - lead.length)
      wrapped.push(lead + head)
      rest = tail
    }
  }
  for (const line of source.split('\n').flatMap(openBlock)) {
    const { lead: own = '', text = '' } = commentLine.exec(line)?.groups ?? {}
    if (rest !== '' && (own !== lead || startsAnew.test(text))) flush()
    if (own === '' || (rest === '' && (fits(own, text) || /^(?:oxlint|eslint)-/.test(text)))) {
      wrapped.push(line)
      continue
    }
    lead = own
    const joined = rest === '' ? text : `${rest} ${text}`
    const [head, tail] = fits(lead, joined) ? [joined, ''] : breakAt(joined, max_columns - lead.length)
    wrapped.push(lead + head)
    rest = tail
  }
  flush()
  return wrapped.join('\n')
}

const fits = (lead: string, text: string) =>
  lead.length + text.length <= max_columns || !text.includes(' ') || text.includes('https://')

/** A doc comment on one line that is too wide becomes one of several lines. */
function openBlock (line: string): string[] {
  const { indent = '', text } = oneLineBlock.exec(line)?.groups ?? {}
  if (text === undefined || line.length <= max_columns) return [line]
  return [`${indent}/**`, `${indent} * ${text}`, `${indent} */`]
}

if (import.meta.main) {
  const folders = process.argv.slice(2)
  for (const { path, text } of readSources()) {
    const chosen = folders.length === 0 || folders.some(folder => path.startsWith(folder))
    if (!chosen || !isCode(path) || isGenerated(path)) continue
    const wrapped = wrapComments(text)
    if (wrapped === text) continue
    writeFileSync(join(root, path), wrapped)
    console.log(`wrapped ${path}`)
  }
}
