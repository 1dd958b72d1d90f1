import type { Ctx } from './context.ts'
import { manifest_file, readManifest } from './copies/manifest.ts'
import { copiesOf } from './copies/open-store.ts'

/**
 * @returns why it is not in the store away from this machine, or null where it is or none is set
 */
export async function keepElsewhere (ctx: Ctx, id: string): Promise<string | null> {
  const { store, elsewhere } = copiesOf(ctx.settings)
  if (!elsewhere || !(await store.list()).includes(id)) return null
  try {
    const { parts } = readManifest(await store.read(`${id}/${manifest_file}`))
    const names = [...parts.flatMap(part => part.files.map(file => file.name)), manifest_file]
    for (const name of names) await elsewhere.write(`${id}/${name}`, await store.read(`${id}/${name}`))
    return null
  } catch (error) {
    ctx.log.warn({ err: error, backup_id: id }, 'a backup could not be kept elsewhere')
    return `It is not in ${elsewhere.place}: ${(error as Error).message}`
  }
}
