import { AwsClient } from 'aws4fetch'
import { BrokenCopy } from '../copies/broken-copy.ts'
import { manifest_file } from '../copies/manifest.ts'
import { is_backup_id, type CopyStore } from '../copies/store.ts'

export interface S3Options {
  /** `s3://bucket/prefix` */
  url: string
  /** Of the server, for others than Amazon's; the bucket is the first part of the path there. */
  endpoint: string
  region: string
  access_key_id: string
  secret_access_key: string
  /** Of a thousand names each, in one list; a million is more than backups of ours have. */
  max_pages?: number
}

/** A file has 16 MiB at most: what takes longer has stopped. */
const timeout_ms = 60_000
const tries = 3

/** A store that speaks Amazon's S3 protocol, as most object stores do. */
export function s3Store (
  { url, endpoint, region, max_pages = 1000, ...keys }: S3Options
): CopyStore {
  const { hostname: bucket, pathname } = new URL(url)
  const prefix = pathname.replace(/^\/|\/$/g, '')
  const base = `${endpoint.replace(/\/$/, '')}/${bucket}`
  const client = new AwsClient({
    accessKeyId: keys.access_key_id, secretAccessKey: keys.secret_access_key, service: 's3',
    region, retries: tries - 1,
  })
  const keyOf = (name: string) => prefix === '' ? name : `${prefix}/${name}`

  async function ask (method: string, path: string, body?: Buffer): Promise<Response> {
    const answer = await client.fetch(`${base}${path}`, {
      method, body: body as never, signal: AbortSignal.timeout(timeout_ms),
    })
    if (answer.ok || answer.status === 404) return answer
    const words = /<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1] ?? ''
    throw new Error(`The store at ${new URL(endpoint).host} answered ${answer.status} ${words}`)
  }

  /** @param after a key under it: only later ones. @throws where there are too many to list */
  async function listKeys (under: string, after?: string): Promise<string[]> {
    const found: string[] = []
    let token: string | undefined
    for (let page = 0; page < max_pages; page++) {
      const query = new URLSearchParams({ 'list-type': '2', prefix: keyOf(under) })
      if (token) query.set('continuation-token', token)
      else if (after) query.set('start-after', keyOf(`${under}${after}`))
      const text = await (await ask('GET', `?${query.toString()}`)).text()
      found.push(...[...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(match => match[1]!))
      token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1]
      if (!token) return found.map(key => prefix === '' ? key : key.slice(prefix.length + 1))
    }
    throw new Error(`There are more than ${found.length} files in ${url}/${under}`)
  }

  /** Of all backups, whether they have a manifest. */
  async function look (): Promise<Map<string, boolean>> {
    const found = new Map<string, boolean>()
    for (const key of await listKeys('')) {
      const [id, file] = key.split('/') as [string, string | undefined]
      if (is_backup_id.test(id)) found.set(id, found.get(id) === true || file === manifest_file)
    }
    return found
  }

  async function removeFile (name: string): Promise<void> {
    await (await ask('DELETE', `/${keyOf(name)}`)).arrayBuffer()
  }

  return {
    place: url,
    list: async () => [...await look()].filter(([, is_done]) => is_done).map(([id]) => id).sort(),
    drafts: async () =>
      [...await look()].filter(([, is_done]) => !is_done).map(([id]) => id).sort(),
    async names (folder, after) {
      return (await listKeys(`${folder}/`, after)).map(key => key.slice(folder.length + 1)).sort()
    },
    async write (name, bytes) {
      const answer = await ask('PUT', `/${keyOf(name)}`, bytes)
      if (!answer.ok) throw new Error(`There is no bucket ${bucket}`)
      await answer.arrayBuffer()
    },
    async read (name) {
      const answer = await ask('GET', `/${keyOf(name)}`)
      const bytes = Buffer.from(await answer.arrayBuffer())
      if (answer.ok) return bytes
      throw new BrokenCopy('The file is gone.')
    },
    async remove (backup_id) {
      for (const name of await listKeys(`${backup_id}/`)) await removeFile(name)
    },
    removeFile,
  }
}
