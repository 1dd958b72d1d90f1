import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** A headless Chromium for tests, from npm alone. */

const launch_timeout_ms = 60_000

/** Where Linux distributions and macOS put theirs; used where the npm one does not run. */
const systemBrowsers = [
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * Starts a browser; the caller closes it. `CHROMIUM_PATH` names another than the one from npm,
 * which runs on Linux x64 only and unpacks itself once into the temporary folder.
 */
export async function launchBrowser (): Promise<Browser> {
  const { executable, args } = await findBrowser()
  return chromium.launch({
    executablePath: executable,
    // Root has no sandbox to drop into, and containers often have little shared memory.
    args: [...args, '--no-sandbox', '--disable-dev-shm-usage'],
    headless: true,
    timeout: launch_timeout_ms,
  })
}

async function findBrowser (): Promise<{ executable: string, args: string[] }> {
  const named = process.env.CHROMIUM_PATH
  if (named) return { executable: named, args: [] }
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { default: packed } = await import('@sparticuz/chromium')
    packed.setGraphicsMode = false
    // In a single process the browser dies with the first page that is closed.
    const args = packed.args.filter(arg => arg !== '--single-process')
    return { executable: await packed.executablePath(), args }
  }
  const executable = systemBrowsers.find(path => existsSync(path))
  if (!executable) throw new Error(
    'No Chromium here: install one and set CHROMIUM_PATH to its program'
  )
  return { executable, args: [] }
}
