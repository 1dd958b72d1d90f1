import { copyFile, rm, stat, truncate } from 'node:fs/promises'

/**
 * Keeps a log short that another program writes, with what came before in `<log>.1`. It is copied
 * and emptied, not renamed, because its writer keeps the same file open. Where a copy finds no
 * room, what came before is given up.
 */
export async function boundLog (log: string, max_bytes: number): Promise<void> {
  const found = await stat(log).catch(() => undefined)
  if (!found || found.size <= max_bytes) return
  const before = `${log}.1`
  await copyFile(log, before).catch(() => rm(before, { force: true }))
  await truncate(log)
}
