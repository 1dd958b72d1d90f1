import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const file = fileURLToPath(new URL('exec.ts', import.meta.url))

test('exec: runs what stands behind it with all its parameters, and ends as that ended', () => {
  const says = 'console.log(process.argv.slice(1).join("|")); process.exitCode = 3'
  const ran = spawnSync(process.execPath, [file, 'node', '-e', says, 'a b', 'c'], { encoding: 'utf8' })
  expect(ran.stdout.trim()).toBe('a b|c')
  expect(ran.status).toBe(3)
})
