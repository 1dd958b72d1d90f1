#!/usr/bin/env node
import { spawn } from 'node:child_process'

/**
 * `exec node …` where the shell has no `exec`, as on Windows: npm puts this into its place. Elsewhere
 * the shell becomes Node, so that a signal to npm arrives: dash keeps a SIGINT to itself while it
 * waits.
 */
const [, ...parameters] = process.argv.slice(2)
const child = spawn(process.execPath, parameters, { stdio: 'inherit' })
child.on('exit', code => { process.exitCode = code ?? 1 })
