import { createHash } from 'node:crypto'
import pg from 'pg'
import { explainAway } from './database.ts'

/**
 * With which secrets a database was made. Fingerprints, which open nothing, are kept as the comment
 * of the database itself: they are there before the first migration, belong to no service, and are
 * not part of any backup, for which other secrets may be right.
 */

export type Fingerprints = Readonly<Record<string, string>>

/** Short enough to read aloud: `3f2a-91c0-77be-02d4`. */
export const fingerprintOf = (name: string, secret: string): string =>
  createHash('sha256').update(`fermata fingerprint ${name} ${secret}`).digest('hex')
    .slice(0, 16).replace(/(.{4})(?=.)/g, '$1-')

const mark = 'Made with the secrets '
const insufficient_privilege = '42501'
/** Processes of services that share a database may start at once. */
const lock_key = 1_734_601_118

async function withClient<T> (url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 30_000 })
  client.on('error', () => {})
  await client.connect().catch((error: unknown) => {
    throw explainAway(`at ${client.host}`, error)
  })
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

interface Comment { name: string, comment: string | null }

/** Null where somebody else has written a comment of their own. */
async function read (client: pg.Client): Promise<{ name: string, kept: Fingerprints | null }> {
  const { rows: [row] } = await client.query<Comment>(`
    select datname::text as name, shobj_description(oid, 'pg_database') as comment
      from pg_database where datname = current_database()`)
  const { name, comment } = row!
  if (comment === null) return { name, kept: {} }
  if (!comment.startsWith(mark)) return { name, kept: null }
  return { name, kept: JSON.parse(comment.slice(mark.length)) as Fingerprints }
}

/**
 * The fingerprints kept in a database; none where it was not made yet, or has another's comment.
 */
export const readFingerprints = (url: string): Promise<Fingerprints> =>
  withClient(url, async client => (await read(client)).kept ?? {})

/**
 * Adds to them or replaces them. Who does not own the database cannot; then nothing is compared.
 */
export const keepFingerprints = (url: string, added: Fingerprints): Promise<void> =>
  withClient(url, async client => {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [lock_key])
    const { name, kept } = await read(client)
    if (kept === null) return
    const all = JSON.stringify({ ...kept, ...added })
    try {
      await client.query(
        `comment on database ${client.escapeIdentifier(name)} is ${client.escapeLiteral(mark + all)}`)
      await client.query('commit')
    } catch (error) {
      if ((error as { code?: string }).code !== insufficient_privilege) throw error
    }
  })
