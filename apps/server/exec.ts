#!/usr/bin/env node
import { spawn } from 'node:child_process'

/**
 * `exec node …` of the npm scripts where the shell has no such word, on Windows. Elsewhere the
 * shell's own is found first: it puts the server in the shell's place, so that a signal to npm
 * reaches it.
 */
const [program = process.execPath, ...parameters] = process.argv.slice(2)
spawn(program, parameters, { stdio: 'inherit' })
  .on('error', error => { throw error })
  .on('exit', code => { process.exitCode = code ?? 1 })
