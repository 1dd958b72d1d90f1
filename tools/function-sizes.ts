import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isTest, root, type Source } from './sources.ts'
import type { Finding } from './tidy-rules.ts'

export const max_function_lines = 70

interface Diagnostic { message: string, filename: string, labels: { span: { line: number } }[] }
interface Report { diagnostics: Diagnostic[] }

interface Measured { file: string, name: string, first: number, lines: number }

const wording =
  /^The (?:\w+ )*?(?:function|method|constructor|getter|setter)(?: `([^`]+)`)? has too many lines \((\d+)\)/

function toMeasured ({ message, filename, labels }: Diagnostic): Measured {
  const found = wording.exec(message)
  if (!found) throw new Error(`oxlint now says this differently: ${message}`)
  return { file: filename, name: found[1] ?? '', first: labels[0]?.span.line ?? 1, lines: Number(found[2]) }
}

/**
 * Asks oxlint for the length of every function, because only a real parser knows where one ends.
 * The sources are written to a temporary folder, so a test can measure text that is nowhere else.
 */
function measureFunctions (sources: readonly Source[]): Measured[] {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-tidy-'))
  try {
    for (const { path, text } of sources) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const config = join(folder, 'sizes.json')
    const measure = { max: 1, skipBlankLines: false, skipComments: false, IIFEs: true }
    writeFileSync(config, JSON.stringify({
      categories: { correctness: 'off' }, rules: { 'eslint/max-lines-per-function': ['warn', measure] }
    }))
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
    const parameters = [oxlint, '-c', config, '--disable-nested-config', '-f', 'json', '.']
    const output = execFileSync(process.execPath, parameters,
      { cwd: folder, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
    return (JSON.parse(output) as Report).diagnostics.map(toMeasured)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Functions over the limit. What is declared by name inside another function counts for itself, not twice;
 * in a test file so does one without a name: those of `test` stand inside those of `describe`.
 */
export function findLongFunctions (sources: readonly Source[]): Finding[] {
  const all = measureFunctions(sources)
  const inside = (inner: Measured, outer: Measured) =>
    inner !== outer && inner.file === outer.file && (inner.name !== '' || isTest(inner.file)) &&
    inner.first >= outer.first && inner.first + inner.lines <= outer.first + outer.lines
  return all.flatMap(measured => {
    if (measured.lines <= max_function_lines) return []
    const nested = all.filter(other => inside(other, measured))
    const outermost = nested.filter(one => !nested.some(other => inside(one, other)))
    const own = measured.lines - outermost.reduce((sum, one) => sum + one.lines, 0)
    if (own <= max_function_lines) return []
    const message = `${measured.name || 'a function'} has ${own} lines`
    return [{ file: measured.file, line: measured.first, message }]
  })
}
