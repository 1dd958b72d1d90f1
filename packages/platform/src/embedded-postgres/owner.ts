import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serviceNames } from '@fermata/contracts/services'
import pg from 'pg'
import { writeDurably } from '../durable-file.ts'
import { createLesserRoles } from '../lesser-roles.ts'

/**
 * The role that owns the database of an installation. It is no superuser: what comes by the
 * connections of Fermata reaches this database and nothing of the machine. The superuser makes it,
 * at each start, and is not used otherwise.
 */
export const owner_name = 'fermata_owner'

/** @param server `url` of the superuser; `folder` where its password may be kept */
export async function ownerOf (server: { url: string, folder: string }): Promise<string> {
  const password = await keptPassword(join(server.folder, 'owner-password'))
  const client = new pg.Client({ connectionString: server.url })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows: [row] } = await client.query<{ name: string }>(
      'select current_database()::text as name')
    const database = row!.name
    await makeOwner(client, password)
    await createLesserRoles(client, database, password, [...serviceNames, 'jobs'])
    await client.query(`alter database ${client.escapeIdentifier(database)} owner to ${owner_name}`)
    await client.query(`revoke all on database ${client.escapeIdentifier(database)} from public`)
    await client.query(hand_over)
  } finally {
    await client.end()
  }
  const url = new URL(server.url)
  url.username = owner_name
  url.password = password
  return url.href
}

async function keptPassword (file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (kept !== '') return kept
  const made = randomBytes(24).toString('base64url')
  await writeDurably(file, made, 0o600)
  return made
}

async function makeOwner (client: pg.Client, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [owner_name])
  await client.query(`${rowCount === 0 ? 'create' : 'alter'} role ${owner_name} login
    nosuperuser nocreatedb nocreaterole noreplication nobypassrls
    password ${client.escapeLiteral(password)}`)
}

/**
 * Gives the owner what an older version made as the superuser. `reassign owned` would not: the
 * superuser owns the system's tables, too. What belongs to an extension or to a table's column
 * follows it by itself.
 */
const hand_over = `
do $do$
declare one text;
begin
  for one in
    with ours as (
      select oid, nspname, nspowner from pg_namespace
       where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
    ), member as (
      select objid, classid from pg_depend where deptype in ('e', 'i', 'a')
         and (deptype = 'e' or refclassid = 'pg_class'::regclass)
    )
    select format('alter schema %I owner to ${owner_name}', nspname) from ours
     where nspowner <> '${owner_name}'::regrole
    union all
    select format('alter %s %s owner to ${owner_name}',
             case relkind when 'v' then 'view' when 'm' then 'materialized view'
               when 'S' then 'sequence' else 'table' end, c.oid::regclass)
      from pg_class c join ours on ours.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and c.relowner <> '${owner_name}'::regrole
       and not (c.relkind = 'S' and exists (
         select from member where objid = c.oid and classid = 'pg_class'::regclass))
    union all
    select format('alter routine %s owner to ${owner_name}', p.oid::regprocedure)
      from pg_proc p join ours on ours.oid = p.pronamespace
     where p.proowner <> '${owner_name}'::regrole and not exists (
       select from member where objid = p.oid and classid = 'pg_proc'::regclass)
    union all
    select format('alter type %s owner to ${owner_name}', t.oid::regtype)
      from pg_type t join ours on ours.oid = t.typnamespace
     where t.typowner <> '${owner_name}'::regrole and (t.typtype in ('e', 'd')
        or (t.typtype = 'c' and exists (
          select from pg_class where pg_class.oid = t.typrelid and relkind = 'c')))
  loop
    execute one;
  end loop;
end
$do$`
