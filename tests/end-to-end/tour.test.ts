import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** README's tour, run as it stands there, against the product as `npm start` starts it. */

let server: Installation
let data: Awaited<ReturnType<typeof createDataFolder>>

beforeAll(async () => {
  data = await createDataFolder()
  server = await startInstallation(data.folder, { RATE_LIMITS: 'on' })
}, start_within_ms)
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

test("README's tour: curl alone buys two tickets, downloads the PDF, admits one and is refused the second time", async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const tour = /## A five-minute tour[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme)?.[1]
  expect(tour).toContain('/check-ins')
  const script = tour!.replace('http://localhost:8000', server.url)

  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: data.folder,
    timeout: 60_000,
  })

  const [admitted, refused] = stdout.trim().split('\n').slice(-4).join('\n').split(/\n(?=\{)/)
  expect(admitted).toMatch(/"gate":"North"[\s\S]*\n201$/)
  expect(refused).toMatch(
    /"type":"\/problems\/tickets\/already-admitted"[\s\S]*"gate":"North"[\s\S]*\n409$/,
  )
  const pdf = await readFile(join(data.folder, 'ticket.pdf'))
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  expect(pdf.length).toBeGreaterThan(5000)
})
