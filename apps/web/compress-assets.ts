import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const compressible = /\.(?:js|css|svg|txt|webmanifest)$/
/** Below this a compressed file saves less than its headers cost. */
const smallest_bytes = 1024

/**
 * Writes `.br` and `.gz` beside each text file, so that serving them costs no time on a busy day.
 */
export async function compressAssets (folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const texts = entries.filter(entry => entry.isFile() && compressible.test(entry.name))
  await Promise.all(texts.map(async entry => {
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path)
    if (bytes.length < smallest_bytes) return
    await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }))
    await writeFile(`${path}.br`,
      brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
  }))
}
