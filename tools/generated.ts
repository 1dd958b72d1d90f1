import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './sources.ts'

/**
 * Writes a generated file; with `--check` on the command line it only compares, and the process
 * ends with 1 when the committed file is not what the generator would write.
 * @param path from the repository's root
 * @param command what a reader runs to bring the file up to date
 */
export function keepGenerated (path: string, text: string, command: string): void {
  const file = join(root, path)
  const current = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (current === text) return
  if (process.argv.includes('--check')) {
    console.error(`${path} ${current === undefined ? 'is missing' : 'is out of date'}: run \`${command}\` and commit it.`)
    process.exitCode = 1
    return
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(`wrote ${path}`)
}
