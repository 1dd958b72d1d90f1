import { existsSync } from 'node:fs'
import type { Environment } from '@fermata/platform/settings'

/**
 * The only reader of `process.env`: everything else receives settings. A `.env` file fills in what
 * is not set.
 */
export function readEnvironment (): Environment {
  const file = new URL('../../.env', import.meta.url)
  if (existsSync(file)) process.loadEnvFile(file)
  return { ...process.env }
}
